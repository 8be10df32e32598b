"""Whatever the bytes, loading ends in a configuration or in diagnostics."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.config import load
from reconciler.model.diagnostic import Problem
from tests.config.test_forms import NORMATIVE

WHOLE = NORMATIVE.encode()
SIGNS = "\t,\n, ,:,: ,- ,*a,&a ,!x ,!!str ,{,},[,],',\",#, #,|,>,%,@,`,<<: ,---\n,...\n,? ,~,null,\\,\r,a@b.cd,xn--a,ß"
PIECES = st.sampled_from(
    [*(sign.encode() for sign in SIGNS.split(",")), b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x00", b"\x85", b"9" * 5000]
)


def survives(folder, data):
    path = folder / "m.yaml"
    path.write_bytes(data)
    try:
        load([path], folder)
    except Problem as error:
        found = error.diagnostics
    else:
        return
    assert found
    for each in found:
        assert each.message
        assert each.primary is None or (each.primary.span.line > 0 and each.primary.span.column > 0)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60) | st.lists(PIECES | st.binary(max_size=3), max_size=25).map(b"".join))
@example(b"\xff\xfe")
@example(b"? ? ? a")
@example(b"a: &a [*a, *a]\n<<: *a")
@example(b"<<: [*a]\n*a : *a")
@example(b"&a a: *a\n*a : 1")
@example(b"- &a\n- *a")
def test_random_bytes_never_escape(tmp_path_factory, data):
    """Noise, and noise made of YAML's own signs."""
    survives(tmp_path_factory.mktemp("noise"), data)


@settings(max_examples=300, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), PIECES | st.just(b"")), min_size=1, max_size=4
    )
)
def test_a_damaged_configuration_never_escapes(tmp_path_factory, edits):
    """A good file with pieces cut out and put in."""
    data = WHOLE
    for at, cut, piece in edits:
        data = data[:at] + piece + data[at + cut :]
    survives(tmp_path_factory.mktemp("damaged"), data)
