"""Where tiles lie: they cover a picture once, and none is too long or hangs over."""

from itertools import pairwise

import pytest

from copyart.tiling import Span, cut, spread

MULTIPLES = [1, 4, 32, 256]
LENGTHS = [1, 2, 3, 5, 8, 13, 40, 97, 250, 1111]  # in multiples
TILES = [1, 2, 3, 7, 16, 400]  # in multiples
BORDERS = [0, 1, 2, 5, 30]  # in multiples


def cuts(multiple: int) -> list[tuple[int, int, int, list[Span]]]:
    """Length, tile, border and spans of many pictures."""
    m = multiple
    return [
        (length * m, tile * m, border * m, cut(length * m, tile * m, border * m, m))
        for length in LENGTHS
        for tile in TILES
        for border in BORDERS
    ]


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_spans_cover_the_axis_once_and_in_order(multiple: int) -> None:
    for length, _, _, spans in cuts(multiple):
        assert (spans[0].start, spans[-1].stop) == (0, length)
        assert all(one.stop == next_one.start for one, next_one in pairwise(spans))
        assert all(span.start < span.stop for span in spans)


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_no_span_is_longer_than_a_tile_and_only_the_last_is_shorter_than_the_others(multiple: int) -> None:
    for _, tile, _, spans in cuts(multiple):
        lengths = [span.stop - span.start for span in spans]
        assert max(lengths) <= tile
        assert len(set(lengths[:-1])) <= 1
        assert lengths[-1] <= lengths[0]


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_spans_are_as_few_as_can_be_or_one_less_for_being_of_one_length(multiple: int) -> None:
    for length, tile, _, spans in cuts(multiple):
        assert len(spans) <= -(-length // tile)
        assert len(spans) * tile >= length
        assert (len(spans) == 1) == (length <= tile)


def has_border(span: Span, border: int, length: int) -> bool:
    """Whether a span is given at least its border, as far as the picture goes, and nothing beyond that."""
    left, right = max(span.start - border, 0), min(span.stop + border, length)
    return 0 <= span.before <= left and right <= span.after <= length


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_a_span_is_given_its_border_as_far_as_the_picture_goes(multiple: int) -> None:
    for length, _, border, spans in cuts(multiple):
        assert all(has_border(span, border, length) for span in spans)


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_all_spans_of_an_axis_are_given_as_much_and_no_more_than_a_tile_and_two_borders(multiple: int) -> None:
    for _, tile, border, spans in cuts(multiple):
        given = {span.after - span.before for span in spans}
        assert len(given) == 1
        assert max(given) <= tile + 2 * border


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_everything_begins_and_ends_at_multiples(multiple: int) -> None:
    for *_, spans in cuts(multiple):
        assert not any(place % multiple for span in spans for place in (span.start, span.stop, span.before, span.after))


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_what_is_painted_is_found_in_what_is_given(multiple: int) -> None:
    for length, _, _, spans in cuts(multiple):
        axis = range(length)
        for span in spans:
            assert axis[span.before : span.after][span.inner()] == axis[span.start : span.stop]


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_halves_are_together_what_was_halved_and_are_given_no_more(multiple: int) -> None:
    for _, _, border, spans in cuts(multiple):
        for span in spans:
            if span.stop - span.start == multiple:
                continue
            first, second = span.halves(border, multiple)
            assert (first.start, first.stop, second.stop) == (span.start, second.start, span.stop)
            assert 0 <= (first.stop - first.start) - (second.stop - second.start) <= multiple
            assert (first.before, second.after) == (span.before, span.after)
            assert first.after == min(first.stop + border, span.after)
            assert second.before == max(second.start - border, span.before)
            assert not any(place % multiple for place in (first.stop, first.after, second.before))


@pytest.mark.parametrize("multiple", MULTIPLES)
def test_halved_again_and_again_every_part_has_its_border_and_the_parts_cover_the_axis_once(multiple: int) -> None:
    length, border = 64 * multiple, 5 * multiple
    parts = cut(length, length, border, multiple)
    while parts[0].stop > multiple:
        parts = [half for part in parts for half in part.halves(border, multiple)]
        assert all(has_border(part, border, length) for part in parts)
        assert (parts[0].start, parts[-1].stop) == (0, length)
        assert all(one.stop == next_one.start for one, next_one in pairwise(parts))
    assert len(parts) == 64


@pytest.mark.parametrize("multiple", MULTIPLES)
@pytest.mark.parametrize("count", [1, 2, 3, 10, 77])
def test_parts_lie_inside_sorted_and_at_multiples(multiple: int, count: int) -> None:
    for length in (1, 2, 7, 33, 1000, 1003, 20_000):
        for part in {1, min(4, length), length // 3 or 1, length}:
            starts = spread(length, part, count, multiple)
            assert len(starts) == count
            assert starts == sorted(starts)
            assert starts[0] >= 0
            assert starts[-1] + part <= length
            assert not any(start % multiple for start in starts)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 77])
def test_parts_are_spread_evenly(count: int) -> None:
    length, part = 100_000, 64
    middles = [start + part / 2 for start in spread(length, part, count, 4)]
    share = length / count
    assert all(abs(middle - share * (i + 0.5)) <= 4 for i, middle in enumerate(middles))
