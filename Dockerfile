# Tandem in a container: what runs, by its lock file, and the wheel; no compiler, no test tools, not root.
FROM python:3.11-slim AS wheel
WORKDIR /source
# The build tool, in the version and with the hash of the lock file for development.
COPY requirements-dev.lock ./
RUN python - <<'PICK' > build.lock
import re, pathlib
lock = pathlib.Path("requirements-dev.lock").read_text()
wanted = {"hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"}
for block in re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL):
    if re.match(r"[a-z0-9._-]+", block)[0] in wanted:
        print(block, end="")
PICK
RUN pip install --no-cache-dir --require-hashes --no-deps -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
COPY static static
COPY templates templates
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim AS installed
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/tandem
COPY requirements.lock /tmp/
RUN /opt/tandem/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock
COPY --from=wheel /wheels /tmp/wheels
RUN /opt/tandem/bin/pip install --no-cache-dir --no-deps --no-index /tmp/wheels/tandem-*.whl

FROM python:3.11-slim
RUN groupadd --gid 10001 tandem \
    && useradd --uid 10001 --gid tandem --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tandem
COPY --from=installed /opt/tandem /opt/tandem
ENV PATH=/opt/tandem/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TANDEM_HOST=0.0.0.0
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
ENTRYPOINT ["tandem"]
CMD ["serve", "--no-worker"]
