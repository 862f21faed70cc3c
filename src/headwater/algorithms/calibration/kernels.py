"""Compiled loops of the calibration: message passing between reviewers and proposals, sorting, connected components.

Arrays by score are sorted by reviewer, then by proposal; `start[r]:start[r + 1]` are the scores of reviewer r.
"""

from __future__ import annotations

from math import lgamma, log
from typing import Any, NamedTuple

import numpy as np

from headwater.algorithms.compiled import numeric


class State(NamedTuple):
    """What a sweep reads and writes. By score: proposal, score, weight, and the message to the proposal, (n, 2):
    precision, and precision times mean. By proposal: belief, the sum of messages and prior, (n, 2). By reviewer:
    offset, slope less one, their covariance, noise precision factor, and `trust`, for how much his scores count where noise is estimated
    (one who gives one mark to everything has none, and says nothing of the noise of the others). `seen` is a board for the scores of the reviewer at work (most
    scores of one, 4): mean and variance of the quality as the other scores see it, variance of the noise, precision of all.
    """

    start: Any
    proposal: Any
    score: Any
    weight: Any
    message: Any
    belief: Any
    offset: Any
    slope: Any
    v_offset: Any
    v_both: Any
    v_slope: Any
    sharpness: Any
    trust: Any
    seen: Any


class Parameters(NamedTuple):
    """One mean and the variances: noise, quality, leniency, slope, and 2 / degrees of freedom of the noise precision."""

    centre: float
    noise: float
    quality: float
    leniency: float
    slope: float
    spread: float


LEAST_SHARP, MOST_SHARP = 0.1, 4.0
"""Bounds of the noise precision factor: no reviewer counts for more than four, however well his scores fit."""
OFFSET, SLOPE, SHARP, NOISE = 0, 1, 2, 3
"""Rows of the sums of a sweep; columns are surplus, information, evidence."""


@numeric
def reviewer_posterior(state: Any, known: Any, r: int) -> Any:
    """Precision (3) and moment (2) of a reviewer's offset and slope, from the qualities that the other scores tell."""
    # Arrays are taken out of the tuple once: each access in the loop would count references.
    proposal, score, weight, message, belief = state.proposal, state.score, state.weight, state.message, state.belief
    f = 1.0 + state.slope[r]
    ff, base, centre = f * f + state.v_slope[r], known.noise / state.sharpness[r], known.centre
    p11, p12, p22, g1, g2 = 1.0 / known.leniency, 0.0, 1.0 / known.slope, 0.0, 0.0
    first, seen = state.start[r], state.seen
    for e in range(first, state.start[r + 1]):
        p, k = proposal[e], e - first
        v = 1.0 / (belief[p, 0] - message[e, 0])
        m = (belief[p, 1] - message[e, 1]) * v
        noise = base / weight[e]
        i = 1.0 / (noise + ff * v)
        seen[k, 0], seen[k, 1], seen[k, 2], seen[k, 3] = m, v, noise, i
        d = i * (score[e] - centre - m)
        p11, p12, p22, g1, g2 = p11 + i, p12 + i * m, p22 + i * m * m, g1 + d, g2 + d * m
    return p11, p12, p22, g1, g2


@numeric
def solve(p11: float, p12: float, p22: float, g1: float, g2: float) -> Any:
    """Mean (2) and covariance (3) of a normal distribution in the plane from its precision and moment."""
    d = 1.0 / (p11 * p22 - p12 * p12)
    return (p22 * g1 - p12 * g2) * d, (p11 * g2 - p12 * g1) * d, p22 * d, -p12 * d, p11 * d


@numeric
def send(state: Any, known: Any, keep: float, r: int, p11: float, p12: float, p22: float, g1: float, g2: float) -> Any:
    """New messages of a reviewer to his proposals. Returns surplus and information of the noise of his scores."""
    proposal, score, message, belief, seen = state.proposal, state.score, state.message, state.belief, state.seen
    first, centre, surplus, information = state.start[r], known.centre, 0.0, 0.0
    for e in range(first, state.start[r + 1]):
        p, k = proposal[e], e - first
        m, v, noise, i = seen[k, 0], seen[k, 1], seen[k, 2], seen[k, 3]
        y = score[e] - centre
        d = i * (y - m)
        b, a, vb, vab, va = solve(p11 - i, p12 - i * m, p22 - i * m * m, g1 - d, g2 - d * m)
        f = 1.0 + a
        wide = noise + vb + 2.0 * vab * m + va * (m * m + v)
        new = (1.0 - keep) * f / wide
        precision, moment = keep * message[e, 0] + new * f, keep * message[e, 1] + new * (y - b)
        belief[p, 0] += precision - message[e, 0]
        belief[p, 1] += moment - message[e, 1]
        message[e, 0], message[e, 1] = precision, moment
        narrow, z = 1.0 / (wide + f * f * v), y - b - f * m
        share = noise * narrow
        surplus += share * (z * z * narrow - 1.0)
        information += share * share
    return surplus, information


@numeric
def sharpen(state: Any, known: Any, r: int, surplus: float, information: float) -> Any:
    """The noise precision factor of a reviewer (gamma prior with mean one).

    Returns the mean square of its distance from one, and the evidence for it.
    """
    prior = 1.0 / known.spread
    shape = prior + 0.5 * information
    missing = 0.5 * max(0.05 * information, information + surplus) / state.sharpness[r]
    factor = min(max(shape / (prior + missing), LEAST_SHARP), MOST_SHARP)
    state.sharpness[r] = np.sqrt(state.sharpness[r] * factor)
    at_prior = prior * log(prior) - prior - lgamma(prior)
    rate = prior + missing
    at_posterior = shape * log(rate) - rate - lgamma(shape)
    return (factor - 1.0) ** 2 + factor * factor / shape, 2.0 * (at_prior - at_posterior)


@numeric
def sweep(state: Any, known: Any, noisy: bool, keep: float) -> Any:
    """Visit each reviewer once; `keep` of each old message stays. Returns the sums (4, 3) from which the variances are updated."""
    sums = np.zeros((4, 3))
    for r in range(state.start.shape[0] - 1):
        if state.start[r] == state.start[r + 1]:
            continue
        p11, p12, p22, g1, g2 = reviewer_posterior(state, known, r)
        b, a, vb, vab, va = solve(p11, p12, p22, g1, g2)
        state.offset[r], state.v_offset[r], state.v_both[r] = b, vb, vab
        # The next sweep weighs scores by these two; half steps keep single reviewers from swinging between two answers.
        state.slope[r], state.v_slope[r] = 0.5 * (state.slope[r] + a), 0.5 * (state.v_slope[r] + va)
        surplus, information = send(state, known, keep, r, p11, p12, p22, g1, g2)
        surplus, information = surplus * state.trust[r], information * state.trust[r]
        sums[NOISE, 0] += surplus
        sums[NOISE, 1] += information
        sums[OFFSET, 0] += b * b + vb - known.leniency
        sums[OFFSET, 1] += (1.0 - vb / known.leniency) ** 2
        sums[OFFSET, 2] += b * b / vb + log(vb / known.leniency)
        sums[SLOPE, 0] += a * a + va - known.slope
        sums[SLOPE, 1] += (1.0 - va / known.slope) ** 2
        sums[SLOPE, 2] += a * a / va + log(va / known.slope)
        if noisy:
            square, evidence = sharpen(state, known, r, surplus, information)
            sums[SHARP, 0] += square - known.spread
            sums[SHARP, 1] += (0.5 * information / (1.0 / known.spread + 0.5 * information)) ** 2
            sums[SHARP, 2] += evidence
    return sums


@numeric
def quality_sums(state: Any, quality: float, count: Any, last: Any) -> Any:
    """Mean, surplus and information of the qualities, and the sum of squares of what moved since `last`, which is updated."""
    mean, surplus, information, moved, n = 0.0, 0.0, 0.0, 0.0, 0
    for p in range(count.shape[0]):
        if count[p]:
            m, v = state.belief[p, 1] / state.belief[p, 0], 1.0 / state.belief[p, 0]
            share = 1.0 - v / quality
            mean += m
            surplus += m * m + v - quality
            information += share * share
            moved += (m - last[p]) ** 2
            last[p] = m
            n += 1
    return mean / n, surplus, information, moved / n


@numeric
def shift(state: Any, by_quality: float, prior_before: float, prior_after: float) -> None:
    """Move the zero of the qualities by `by_quality` and replace the precision of their prior."""
    for e in range(state.message.shape[0]):
        state.message[e, 1] -= state.message[e, 0] * by_quality
    for p in range(state.belief.shape[0]):
        state.belief[p, 1] -= (state.belief[p, 0] - prior_before) * by_quality
        state.belief[p, 0] += prior_after - prior_before


@numeric
def by_reviewer(proposal: Any, reviewer: Any, proposals: int, reviewers: int) -> Any:
    """Order of the scores by (reviewer, proposal), by two counting sorts, and the start of each reviewer."""
    n = proposal.shape[0]
    at = np.zeros(proposals + 1, dtype=np.int64)
    for e in range(n):
        at[proposal[e] + 1] += 1
    for p in range(proposals):
        at[p + 1] += at[p]
    first = np.empty(n, dtype=np.int32)
    for e in range(n):
        first[at[proposal[e]]] = e
        at[proposal[e]] += 1
    start = np.zeros(reviewers + 1, dtype=np.int64)
    for e in range(n):
        start[reviewer[e] + 1] += 1
    for r in range(reviewers):
        start[r + 1] += start[r]
    free = start[:-1].copy()
    order = np.empty(n, dtype=np.int32)
    for k in range(n):
        e = first[k]
        order[free[reviewer[e]]] = e
        free[reviewer[e]] += 1
    return order, start


@numeric
def first_double(start: Any, proposal: Any) -> int:
    """Position of a score whose reviewer has another one of the same proposal just before it; -1 when there is none."""
    for r in range(start.shape[0] - 1):
        for e in range(start[r] + 1, start[r + 1]):
            if proposal[e] == proposal[e - 1]:
                return e
    return -1


@numeric
def root(parent: Any, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@numeric
def components(start: Any, proposal: Any, proposals: int) -> Any:
    """Number of each proposal's and each reviewer's component, counted by their first proposal; -1 without scores."""
    reviewers = start.shape[0] - 1
    parent = np.arange(proposals).astype(np.int32)
    met = np.zeros(proposals, dtype=np.bool_)
    for r in range(reviewers):
        for e in range(start[r], start[r + 1]):
            met[proposal[e]] = True
            one, other = root(parent, proposal[start[r]]), root(parent, proposal[e])
            parent[max(one, other)] = min(one, other)
    label = np.full(proposals, -1, dtype=np.int32)
    found = 0
    for p in range(proposals):
        if met[p]:
            top = root(parent, p)
            if top == p:
                label[p] = found
                found += 1
            else:
                label[p] = label[top]
    of_reviewer = np.full(reviewers, -1, dtype=np.int32)
    for r in range(reviewers):
        if start[r] < start[r + 1]:
            of_reviewer[r] = label[proposal[start[r]]]
    return label, of_reviewer


@numeric
def shared_parts(state: Any, known: Any, sd: Any) -> Any:
    """How an error of a proposal splits: a gain by score on its reviewer's error, and the proposal's own sd (see `Calibrated`)."""
    n = state.belief.shape[0]
    precision, common = np.full(n, 1.0 / known.quality), np.zeros(n)
    gain = np.empty(state.message.shape[0], dtype=np.float32)
    for r in range(state.start.shape[0] - 1):
        for e in range(state.start[r], state.start[r + 1]):
            f = 1.0 + state.slope[r]
            precision[state.proposal[e]] += f * f * state.weight[e] * state.sharpness[r] / known.noise
    for r in range(state.start.shape[0] - 1):
        f = 1.0 + state.slope[r]
        for e in range(state.start[r], state.start[r + 1]):
            p = state.proposal[e]
            m = state.belief[p, 1] / state.belief[p, 0]
            v = max(0.0, state.v_offset[r] + 2.0 * state.v_both[r] * m + state.v_slope[r] * m * m)
            g = f * state.weight[e] * state.sharpness[r] / known.noise / precision[p] * np.sqrt(v)
            gain[e] = g
            common[p] += g * g
    own = np.empty(n)
    for p in range(n):
        own[p] = min(sd[p], 1.0 / np.sqrt(precision[p]))
        common[p] = np.sqrt((sd[p] ** 2 - own[p] ** 2) / common[p]) if common[p] > 0.0 else 0.0
    for e in range(gain.shape[0]):
        gain[e] *= common[state.proposal[e]]
    return gain, own


@numeric
def add_shared(quality: Any, start: Any, proposal: Any, gain: Any, error: Any) -> None:
    """Add to each quality the errors of its reviewers."""
    for r in range(start.shape[0] - 1):
        for e in range(start[r], start[r + 1]):
            quality[proposal[e]] += gain[e] * error[r]
