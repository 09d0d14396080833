"""Messages that list names."""

from abkit.core.errors import listed, unknown_choice


def test_ten_names_and_how_many_more() -> None:
    names = [f"n{i}" for i in range(1200)]
    assert listed(names[:2]) == "`n0`, `n1`"
    assert listed(names[:10]).endswith("`n8`, `n9`")
    assert listed(iter(names[:11])).endswith("`n9` and 1 more")
    assert listed(names).endswith("`n9` and 1,190 more")
    assert listed(names, limit=1) == "`n0` and 1,199 more"
    assert listed([]) == ""


def test_the_nearest_of_many_is_still_named() -> None:
    error = unknown_choice("control", "n1199x", [f"n{i}" for i in range(1200)])
    assert "`n9` and 1,190 more" in str(error)
    assert error.hint == "did you mean `n1199`?"


def test_a_word_of_another_spelling_is_known() -> None:
    assert unknown_choice("device", "GPU", ["auto", "cpu", "cuda"]).hint == "did you mean `cuda`?"
    assert unknown_choice("device", "gpu", ["cpu"]).hint == "did you mean `cpu`?"
