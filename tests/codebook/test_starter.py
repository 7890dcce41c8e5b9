from collections import Counter

import pytest

from app.codebook.starter import incident_study, read_starter


def test_the_incident_study_asks_five_questions():
    dimensions = incident_study().dimensions

    assert [dimension.name for dimension in dimensions] == [
        "Symptom",
        "Impact",
        "Root cause",
        "Mitigation",
        "Detection",
    ]
    assert all(dimension.question.endswith("?") for dimension in dimensions)


def test_every_dimension_has_six_to_nine_codes_under_two_or_more_categories():
    for dimension in incident_study().dimensions:
        assert 6 <= len(list(dimension.codes())) <= 9
        assert len(dimension.categories) >= 2


def test_only_dimensions_that_take_many_codes_have_a_main_one():
    assert all(dimension.takes == "many" for dimension in incident_study().dimensions if dimension.has_main)


def test_no_name_is_used_twice_in_one_dimension():
    for dimension in incident_study().dimensions:
        names = Counter(code.name for code in dimension.codes())
        names.update(category.name for category in dimension.categories)
        assert names.most_common(1)[0][1] == 1


def test_every_starter_code_is_complete_and_names_a_study_with_venue_and_year():
    for dimension in incident_study().dimensions:
        for code in dimension.codes():
            for said in (code.definition, code.use_when, code.not_when, code.example):
                assert said.endswith(".")
            assert code.source_kind in ("category", "theme")
            assert " et al., " in code.source
            assert code.source[-4:].isdigit()


def test_where_a_definition_sends_the_coder_to_another_code_that_code_exists():
    for dimension in incident_study().dimensions:
        names = {code.name for code in dimension.codes()}
        for code in dimension.codes():
            sent = [part.split(": ")[1].rstrip(".") for part in code.not_when.split(". ") if ": " in part]
            for target in sent:
                either = [target] if target in names else target.split(" or ")
                assert target[0].islower() or set(either) <= names, (code.name, target)


def test_what_a_source_is_cited_for_is_not_overstated():
    codes = {code.name: code for dimension in incident_study().dimensions for code in dimension.codes()}

    assert codes["Retry storm"].cited.startswith("Comparable category in Huang et al.")
    assert codes["Missing validation"].cited.startswith("Subject treated in Ghosh et al.")


def test_an_unknown_field_in_a_starter_file_is_refused():
    with pytest.raises(TypeError):
        read_starter({"name": "x", "slug": "x", "description": "x", "dimensions": [], "colour": "red"})
