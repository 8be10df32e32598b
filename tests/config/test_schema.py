"""The published JSON Schema: fresh, complete, and of one mind with what loading accepts."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.config import models
from reconciler.config.entries import Context, Part, validated
from reconciler.config.events import read_tree
from reconciler.config.files import Source
from reconciler.config.schema import config_schema, tidied
from reconciler.model.diagnostic import Problem
from tests.config.test_forms import NORMATIVE

ROOT = Path(__file__).parents[2]


class Core(yaml.SafeLoader):
    """A YAML parser as editors have one: the types of JSON, and no dates."""


Core.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def published():
    from reconciler.providers.registry import provider_types
    from reconciler.state.opening import settings_models

    return config_schema({name: type_.settings_model for name, type_ in provider_types().items()}, settings_models())


def test_the_published_schema_is_fresh(published):
    """`schemas/config.schema.json` is what the code generates."""
    assert json.loads((ROOT / "schemas/config.schema.json").read_text()) == published


def test_the_published_schema_is_one(published):
    """It is valid under its own dialect."""
    Draft202012Validator.check_schema(published)


def test_an_editor_accepts_the_normative_example(published):
    """What a YAML parser gives for the contract's example has no mistake."""
    document = yaml.load(NORMATIVE, Core)
    assert [f"{each.json_path}: {each.message}" for each in Draft202012Validator(published).iter_errors(document)] == []


def test_an_editor_accepts_the_examples(published):
    """Every configuration file among the examples."""
    validator = Draft202012Validator(published)
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        errors = [f"{path}: {each.message}" for each in validator.iter_errors(yaml.load(path.read_text(), Core))]
        assert errors == []


@pytest.mark.parametrize(
    "text",
    [
        "mailboxs: {}",
        "mailboxes: {anna: {}}",
        "mailboxes: {a@b.cd: {qouta: 1 GB}}",
        "mailboxes: {a@b.cd: {quota: 1 XB}}",
        "mailboxes: {a@b.cd: {password: x}}",
        "mailboxes: {a@b.cd: {password: {env: X, file: y}}}",
        "mailboxes: {a@b.cd: {protect: yes!}}",
        "aliases: {a@b.cd: []}",
        "aliases: {a@b.cd: }",
        "teams: {t: {billing: seperate}}",
        "domains: {b.cd: {dns: {dmarc: {policy: quarantin}}}}",
        "removed: [{reason: x}]",
        "providers: {g: {path: x}}",
        "providers: {g: {type: sandbox, no-such-setting: x}}",
        "state: {}",
        "version: 2",
    ],
)
def test_an_editor_marks_mistakes(published, text):
    """What loading refuses in one file, an editor underlines."""
    assert not Draft202012Validator(published).is_valid(yaml.load(text, Core))


def properties(node, path="#"):
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            yield f"{path}/{name}", inner
        for key, inner in node.items():
            yield from properties(inner, f"{path}/{key}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from properties(inner, f"{path}/{index}")


def test_every_field_is_described():
    """An editor shows what each field of the configuration is for."""
    missing = [
        path for path, inner in properties(config_schema({})) if not {"description", "$ref", "const"} & set(inner)
    ]
    assert missing == []


MODELS = (
    models.MailboxBlock,
    models.DomainBlock,
    models.InstanceBlock,
    models.AliasBlock,
    models.MemberBlock,
    models.TeamFields,
    models.GuardsBlock,
    models.TombstoneBlock,
)
REFERENCES = {model: Draft202012Validator(tidied(model.model_json_schema())) for model in MODELS}

POOL = (
        "anna", "Anna Beispiel", "a@b.cd", "Ä@münster.example", "a@b", "@b.cd", "b.cd", "5 GB", "5 GiB", "1.5 GB", "12",
        "", "007", "1 h", "true", "false", "no", "relaxed", "strict", "none", "reject", "softfail", "fail", "separate",
        "shared", "testing", "enforce", "https://x.example/r", "mailto:a@b.cd", "a\tb", "2026-10-31", "www", "A", "x y",
        True, False, 0, 1, 5, 100, 101, 3600, -1, 2**31, 10**18, 1.5, None)  # fmt: skip
SCALARS = st.sampled_from(POOL)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(SCALARS.map(str), inner, max_size=2)
)


def mostly(right):
    """Eleven times in twelve what is right."""
    return st.integers(0, 11).flatmap(lambda number: right if number else SCALARS)


def shaped(schema, definitions):
    """Values near what a schema describes: mostly right, with something else here and there."""
    if "$ref" in schema:
        return st.deferred(lambda: shaped(definitions[schema["$ref"].rpartition("/")[2]], definitions))
    forms = schema.get("anyOf") or ("properties" not in schema and schema.get("oneOf"))
    if forms:
        return st.one_of([shaped(each, definitions) for each in forms])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("type") == "object" and "properties" in schema:
        fields = {name: mostly(shaped(inner, definitions)) for name, inner in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=fields)
    if schema.get("type") == "array":
        return st.lists(shaped(schema["items"], definitions), max_size=2)
    return st.sampled_from([each for each in POOL if Draft202012Validator(schema).is_valid(each)])


def near(model):
    reference = REFERENCES[model].schema
    return shaped(reference, reference.get("$defs", {})) | st.dictionaries(st.sampled_from(["owner", "to", "x"]), ANY)


def accepts(model, document):
    """Whether our reading accepts a document, written as YAML."""
    text = json.dumps(document, ensure_ascii=False)
    root = read_tree(text.encode(), text, "f").root
    part = Part(Source(Path("/f"), "f", root, b""), root, 0, 0)
    return validated(model, part, root, 0, "this block", Context()) is not None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(MODELS).flatmap(lambda model: st.tuples(st.just(model), near(model))))
def test_reading_and_the_reference_agree(case):
    """Over generated blocks, our reading accepts exactly what jsonschema accepts under the published schema."""
    model, document = case
    assert accepts(model, document) == REFERENCES[model].is_valid(document), document


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["version", "mailboxes", "aliases", "removed", "guards", "x-a", "mailbox"]), ANY)
)
def test_no_document_escapes(tmp_path_factory, document):
    """Any tree of text, lists and mappings ends in a configuration or in diagnostics with places."""
    from reconciler.config import load

    folder = tmp_path_factory.mktemp("any")
    (folder / "m.yaml").write_text(json.dumps(document))
    try:
        load([folder], folder)
    except Problem as error:
        found = error.diagnostics
    else:
        return
    assert found
    assert all(each.primary is not None or each.id == "password-in-the-clear" for each in found)
