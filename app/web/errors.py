"""Problems become answers, here and nowhere else."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.problems import Conflict, DiskFull, Invalid, NotAllowed, NotFound, Problem, TooLarge, TooOften, Unavailable
from app.web.guard import HEADERS
from app.web.pages import fragment, is_htmx, page

STATUS: dict[type[Problem], int] = {  # the first that fits
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    TooOften: 429,
    TooLarge: 413,
    DiskFull: 507,
    Unavailable: 503,
}
TITLES = {
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Changed in the meantime",
    413: "Too large",
    421: "Not at this address",
    422: "Cannot be used",
    429: "Too often",
    500: "Something broke",
    503: "Not there just now",
    507: "No room",
}
BROKE = (
    "Something broke on our side. Nothing was half-saved; try again. "
    "If it stays, tell the operator, and quote the number of this request: {}"
)


def status_of(problem: Problem) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(problem, kind)), 400)


def answer(request: Request, status: int, sentence: str) -> Response:
    """JSON for the API and for scripts, a line in #notice for htmx, a page for everybody else."""
    title = TITLES.get(status, "This did not work")
    if request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", ""):
        body = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        return JSONResponse(body, status_code=status, media_type="application/problem+json")
    if is_htmx(request):
        response = fragment(request, "parts/_problem_notice.html", status=status, title=title, sentence=sentence)
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "outerHTML"
        return response
    return page(request, "problem.html", status=status, title=title, sentence=sentence)


def add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    def of_problem(request: Request, problem: Problem) -> Response:
        response = answer(request, status_of(problem), problem.sentence)
        if isinstance(problem, Unavailable | TooOften):
            wait = problem.retry_seconds if isinstance(problem, Unavailable) else problem.seconds
            response.headers["Retry-After"] = str(wait)
        return response

    @app.exception_handler(HTTPException)
    def of_http(request: Request, problem: HTTPException) -> Response:
        sentence = NotFound().sentence if problem.status_code == 404 else str(problem.detail)
        response = answer(request, problem.status_code, sentence)
        response.headers.update(problem.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    def of_address(request: Request, problem: RequestValidationError) -> Response:
        """Only addresses are checked by FastAPI here, since forms are read in the routes."""
        if any(error["loc"][0] == "path" for error in problem.errors()):
            return answer(request, 404, NotFound().sentence)
        return answer(request, 422, "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in problem.errors()))

    @app.exception_handler(Exception)
    def of_bug(request: Request, problem: Exception) -> Response:
        response = answer(request, 500, BROKE.format(getattr(request.state, "request_id", "unknown")))
        response.headers.update(HEADERS)  # what broke has left the guard already
        return response
