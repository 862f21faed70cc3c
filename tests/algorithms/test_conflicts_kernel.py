import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from headwater.algorithms.conflicts import (
    OPEN,
    Kind,
    Proposals,
    Registry,
    Rules,
    TooMany,
    count_conflicts,
    find_conflicts,
    stream_conflicts,
)
from headwater.algorithms.conflicts.model import RELATIONS
from headwater.algorithms.errors import BadInput, Cancelled

RULES = Rules(today=100, year=20, affiliation_days=30, project_days=20, coauthor_years=5, consortium=4)
RULES = dataclasses.replace(RULES, relation_days={Kind.TIED_PROJECT: 20})


def world(seed: int, *, n: int = 8, experts: int = 7, persons: int = 14) -> tuple[Proposals, Registry]:
    """A small random world in which every kind occurs."""
    r = np.random.default_rng(seed)
    entities, papers, projects, rows = 7, 12, 6, 26

    def index(size: int, count: int = rows, low: int = 0):
        return r.integers(low, size, count)

    def until(count: int):
        return np.where(r.random(count) < 0.3, OPEN, r.integers(60, 110, count))

    legal = np.arange(entities)
    legal[5], legal[6] = 1, 2
    since = r.integers(0, 60, rows)
    ban_since = r.integers(80, 120, 3)
    proposals = Proposals(
        host=index(entities, n, -1),
        leader=index(persons, n, -1),
        group=index(3, n, -1),
        member_proposal=index(n, 12),
        member_person=index(persons, 12),
        named_proposal=index(n, 5),
        named_person=index(persons, 5),
        declared_proposal=index(n, 4),
        declared_expert=index(experts, 4),
    )
    registry = Registry(
        home=index(entities, persons, -1),
        expert=r.permutation(persons)[:experts],
        legal=legal,
        corporation=index(2, entities, -1),
        affiliation_person=index(persons),
        affiliation_entity=index(entities),
        affiliation_since=since,
        affiliation_until=np.maximum(until(rows), since),
        author_person=index(persons, 40),
        author_paper=index(papers, 40),
        paper_year=r.integers(10, 21, papers),
        project_person=index(persons),
        project=index(projects),
        project_until=until(projects),
        relation_first=index(persons),
        relation_second=index(persons),
        relation_kind=r.choice(RELATIONS, rows),
        relation_until=until(rows),
        ban_person=index(persons, 3),
        ban_since=ban_since,
        ban_until=np.where(r.random(3) < 0.4, OPEN, ban_since + 15),
    )
    return proposals, registry


def brute(p: Proposals, r: Registry, rules: Rules) -> set[tuple[int, int, int, int, int]]:
    """Every reason of every pair from the definitions: proposal, expert, kind, left, right."""
    found = set()
    for a in range(len(p)):
        people = [(a, int(p.leader[a]))] if p.leader[a] >= 0 else []
        people += [
            (len(p) + k, int(x)) for k, (q, x) in enumerate(zip(p.member_proposal, p.member_person, strict=True)) if q == a
        ]
        for e, x in enumerate(r.expert):
            for kind, left, right in reasons(p, r, rules, a, people, e, int(x)):
                found.add((a, e, int(kind), int(left), int(right)))
    return found


def home_of(r: Registry, person: int) -> int:
    return int(r.legal[r.home[person]]) if r.home[person] >= 0 else -1


def reasons(p: Proposals, r: Registry, rules: Rules, a: int, people, e: int, x: int):
    standing = [(-1, int(r.legal[p.host[a]]))] if p.host[a] >= 0 else []
    standing += [(row, home_of(r, y)) for row, y in people if home_of(r, y) >= 0]
    yield from present(r, standing, home_of(r, x))
    running = {t for t, until in enumerate(r.project_until) if until >= rules.today - rules.project_days}
    for k, (who, entity) in enumerate(zip(r.affiliation_person, r.affiliation_entity, strict=True)):
        legal = int(r.legal[entity])
        recent = r.affiliation_until[k] >= rules.today - rules.affiliation_days
        if rules.host and who == x and recent and (-1, legal) in standing and legal != home_of(r, x):
            yield Kind.PAST_ENTITY, -1, k
    for row, y in people:
        yield from past(r, rules, row, y, x)
        yield from tied(r, rules, row, y, x)
        yield from together(Kind.COAUTHOR, r.author_person, r.author_paper, papers_that_count(r, rules), y, x)
        yield from together(Kind.COPROJECT, r.project_person, r.project, running, y, x)
        if y == x:
            yield Kind.TAKES_PART, row, -1
    for other in range(len(p)):
        if p.leader[other] == x and p.group[other] == p.group[a] >= 0:
            yield Kind.SAME_CALL, -1, other
    yield from told(p, a, e, x)
    for k, y in enumerate(r.ban_person):
        if y == x and r.ban_since[k] <= rules.today and (r.ban_until[k] == OPEN or r.ban_until[k] > rules.today):
            yield Kind.BANNED, -1, k


def present(r: Registry, standing, theirs: int):
    for row, legal in standing:
        if legal == theirs:
            yield Kind.SAME_ENTITY, row, -1
        elif theirs >= 0 and r.corporation[legal] == r.corporation[theirs] >= 0:
            yield Kind.SAME_GROUP, row, -1


def past(r: Registry, rules: Rules, row: int, y: int, x: int):
    for k, (who, entity) in enumerate(zip(r.affiliation_person, r.affiliation_entity, strict=True)):
        legal = int(r.legal[entity])
        if r.affiliation_until[k] >= rules.today - rules.affiliation_days:
            if who == x and legal != home_of(r, x) and legal == home_of(r, y):
                yield Kind.PAST_ENTITY, row, k
            if who == y and legal != home_of(r, y) and legal == home_of(r, x):
                yield Kind.PAST_ENTITY, k, -1


def tied(r: Registry, rules: Rules, row: int, y: int, x: int):
    for k, kind in enumerate(r.relation_kind):
        since = rules.relation_days.get(Kind(kind))
        one, two = int(r.relation_first[k]), int(r.relation_second[k])
        ways = [(one, two)] if kind in rules.directed else [(one, two), (two, one)]
        if (since is None or r.relation_until[k] >= rules.today - since) and (y, x) in ways:
            yield Kind(kind), row, k


def told(p: Proposals, a: int, e: int, x: int):
    for k, (q, y) in enumerate(zip(p.named_proposal, p.named_person, strict=True)):
        if (q, y) == (a, x):
            yield Kind.NAMED, k, -1
    for k, (q, other) in enumerate(zip(p.declared_proposal, p.declared_expert, strict=True)):
        if (q, other) == (a, e):
            yield Kind.DECLARED, k, -1


def papers_that_count(r: Registry, rules: Rules) -> set[int]:
    return {
        t
        for t, year in enumerate(r.paper_year)
        if year >= rules.year - rules.coauthor_years
        and len(set(r.author_person[r.author_paper == t].tolist())) <= rules.consortium
    }


def together(kind: Kind, person, thing, counts, y: int, x: int):
    if y != x:
        for i, (who, t) in enumerate(zip(person, thing, strict=True)):
            for j, (other, u) in enumerate(zip(person, thing, strict=True)):
                if who == y and other == x and t == u and t in counts:
                    yield kind, i, j


def test_a_paper_whose_authors_are_listed_twice_keeps_its_conflict():
    proposals = Proposals(host=np.array([-1]), leader=np.array([0]), group=np.array([-1]))
    registry = Registry(
        home=np.full(4, -1),
        expert=np.array([1]),
        legal=np.array([0]),
        author_person=np.array([0, 1, 2, 0, 1, 2]),
        author_paper=np.zeros(6, dtype=int),
        paper_year=np.array([20]),
    )
    assert find_conflicts(proposals, registry, RULES).counts() == {Kind.COAUTHOR: 1}
    fewer = dataclasses.replace(RULES, consortium=2)
    assert find_conflicts(proposals, registry, fewer).counts() == {}


@pytest.mark.parametrize(("host", "until", "found"), [(True, 99, 1), (True, 69, 0), (False, 99, 0)])
def test_an_expert_who_left_the_host_institution_knows_it(host, until, found):
    """The leader is employed elsewhere, the expert has a new home too; a window of 30 days."""
    proposals = Proposals(host=np.array([0]), leader=np.array([0]), group=np.array([-1]))
    registry = Registry(
        home=np.array([1, 2]),
        expert=np.array([1]),
        legal=np.arange(3),
        affiliation_person=np.array([1]),
        affiliation_entity=np.array([0]),
        affiliation_since=np.array([0]),
        affiliation_until=np.array([until]),
    )
    rules = dataclasses.replace(RULES, host=host)
    assert find_conflicts(proposals, registry, rules).counts().get(Kind.PAST_ENTITY, 0) == found


def rows_of(found):
    return list(zip(*(a.tolist() for a in (found.proposal, found.expert, found.kind, found.left, found.right)), strict=True))


def first_reasons(every) -> list[tuple[int, int, int, int, int]]:
    """One reason for each pair and kind: the one with the smallest evidence, except that a group counts its standings in order."""
    best: dict[tuple[int, int, int], tuple[int, int]] = {}
    for a, e, kind, left, right in every:
        best[(kind, a, e)] = min(best.get((kind, a, e), (left, right)), (left, right))
    return [(a, e, kind, *best[(kind, a, e)]) for kind, a, e in sorted(best)]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), directed=st.booleans())
def test_find_gives_every_reason_of_the_definitions(seed, directed):
    p, r = world(seed)
    rules = dataclasses.replace(RULES, directed=frozenset({Kind.SUPERVISOR}) if directed else frozenset())
    found = rows_of(find_conflicts(p, r, rules, every_reason=True))
    expected = brute(p, r, rules)
    assert set(found) == expected
    assert [(k, a, e) for a, e, k, _l, _r in found] == sorted((k, a, e) for a, e, k, _l, _r in found)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.05, 1.0))
def test_find_gives_one_reason_for_each_pair_and_of_candidates_alone(seed, share):
    p, r = world(seed)
    expected = first_reasons(brute(p, r, RULES))
    assert rows_of(find_conflicts(p, r, RULES)) == expected
    random = np.random.default_rng(seed)
    candidates = sparse.csr_matrix(random.random((8, 7)) * (random.random((8, 7)) < share))
    pairs = set(zip(*(a.tolist() for a in candidates.nonzero()), strict=True))
    some = find_conflicts(p, r, RULES, candidates=candidates)
    assert rows_of(some) == [row for row in expected if row[:2] in pairs]
    clean = some.without(candidates)
    assert set(zip(*(a.tolist() for a in clean.nonzero()), strict=True)) == pairs - {row[:2] for row in expected}
    every = find_conflicts(p, r, RULES, candidates=candidates, every_reason=True)
    assert set(rows_of(every)) == {row for row in brute(p, r, RULES) if row[:2] in pairs}


def test_every_kind_occurs_in_the_random_worlds():
    kinds = {row[2] for seed in range(40) for row in brute(*world(seed), RULES)}
    assert kinds == set(map(int, Kind))


def test_mask_holds_each_pair_once():
    found = find_conflicts(*world(3), RULES, every_reason=True)
    mask = found.mask()
    assert mask.shape == (8, 7)
    assert set(zip(*(a.tolist() for a in mask.nonzero()), strict=True)) == {row[:2] for row in rows_of(found)}
    assert mask.nnz == len({row[:2] for row in rows_of(found)})


def test_counts_and_streams_agree_with_the_whole():
    p, r = world(4, n=50, experts=12, persons=30)
    whole = find_conflicts(p, r, RULES)
    assert {k: n for k, n in count_conflicts(p, r, RULES).items() if n} == whole.counts()
    blocks = [row for found in stream_conflicts(p, r, RULES, size=7) for row in rows_of(found)]
    assert sorted(blocks) == sorted(rows_of(whole))


def test_find_is_the_same_with_any_number_of_threads(monkeypatch):
    from headwater.algorithms.conflicts import find

    p, r = world(5, n=300, experts=12, persons=30)
    one = find_conflicts(p, r, RULES, workers=1)
    monkeypatch.setattr(find, "RANGE", 16)
    assert rows_of(find_conflicts(p, r, RULES, workers=3)) == rows_of(one)


def test_find_only_the_kinds_asked_for():
    p, r = world(6)
    kinds = (Kind.NAMED, Kind.COAUTHOR)
    found = find_conflicts(p, r, RULES, kinds=kinds)
    assert rows_of(found) == [row for row in rows_of(find_conflicts(p, r, RULES)) if row[2] in kinds]
    assert len(find_conflicts(p, r, RULES, kinds=())) == 0


def test_find_without_windows_takes_all_of_the_past():
    p, r = world(7)
    wide = Rules(
        today=100, year=20, affiliation_days=None, project_days=None, coauthor_years=None, consortium=1000, relation_days={}
    )
    narrow = {(a, e, k) for a, e, k, _l, _r in rows_of(find_conflicts(p, r, RULES))}
    assert narrow < {(a, e, k) for a, e, k, _l, _r in rows_of(find_conflicts(p, r, wide))}


def test_find_nothing_in_an_empty_world():
    empty = np.empty(0, dtype=np.int64)
    found = find_conflicts(Proposals(empty, empty, empty), Registry(empty, empty, empty), RULES)
    assert (len(found), found.mask().shape) == (0, (0, 0))


def test_find_over_the_limit_tells_the_counts():
    with pytest.raises(TooMany) as caught:
        find_conflicts(*world(8), RULES, limit=3)
    assert sum(caught.value.counts.values()) > 3 == caught.value.limit


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"member_person": [99] * 12}, "member_person: not in 0..13 at row 0"),
        ({"named_proposal": [0, 1, 2, 3, -1]}, "named_proposal: not in 0..7 at row 4"),
        ({"declared_expert": [0]}, "declared_proposal: lengths differ"),
        ({"host": [9] * 8}, "host: not in -1..6 at row 0"),
        ({"leader": [0.5] * 8}, "leader: must be one-dimensional integers"),
        ({"expert": [1, 2, 3, 4, 5, 6, 2]}, "expert: person 2 twice, first at row 1"),
        ({"relation_kind": [0] * 26}, "relation_kind: not a kind of relation at row 0"),
        ({"affiliation_until": [-1] * 26}, "affiliation_until: before its start at row 0"),
        ({"corporation": [0, 1]}, "corporation: 2 rows for 7 entities"),
        ({"ban_since": [2**40] * 3}, "ban_since: beyond 32 bits at row 0"),
    ],
)
def test_find_refuses_bad_input(change, told):
    p, r = world(9)
    arrays = {name: np.array(values) for name, values in change.items()}
    for name, values in arrays.items():
        p, r = (dataclasses.replace(t, **{name: values}) if hasattr(t, name) else t for t in (p, r))
    with pytest.raises(BadInput, match=told):
        find_conflicts(p, r, RULES)


def test_find_refuses_candidates_of_another_shape():
    with pytest.raises(BadInput, match="candidates: shape"):
        find_conflicts(*world(10), RULES, candidates=sparse.csr_matrix((3, 3)))


def test_find_tells_progress_and_can_be_cancelled():
    told = []
    find_conflicts(*world(11), RULES, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] <= told[-1][1] == 8 * len(Kind)
    assert told == sorted(told)

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        find_conflicts(*world(11), RULES, progress=stop)
