"""Writes stat_refs_edges.json: cases of the form of stat_refs_dev.json that lie at edges, computed by scipy, integers and mpmath.

Usage: python3 stat_refs_edges.py > stat_refs_edges.json    (needs numpy, scipy and mpmath)
"""

import json
import math
import warnings
from fractions import Fraction

import mpmath
import numpy as np
from scipy import stats

mpmath.mp.dps = 60  # of a p-value of 1e-300 the complement is never taken
ALTERNATIVES = ["two-sided", "less", "greater"]
SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
MASK = (1 << 64) - 1


def number(value):
    """JSON has no infinities."""
    if value is None:
        return None
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def draw(seed, n, law, a, b):
    """The recipes of large samples, bit for bit."""
    state = seed
    values = []

    def uniform():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        return (z >> 11) * 2.0**-53

    for _ in range(n):
        if law == "uniform":
            values.append(a + b * uniform())
        elif law == "irwinhall":
            z = 0.0
            for _ in range(12):
                z += uniform()
            values.append(a + b * (z - 6))
        elif law == "pareto1":
            values.append(a + b * (1 / (1 - uniform())))
        elif law == "grid":
            values.append(a + math.floor(b * uniform()))
        else:
            values.append(a)
    return values


def quiet(call):
    """The result, and whether scipy said that it gave up on an exact answer."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with np.errstate(all="ignore"):
            result = call()
    return result, any("Switching to" in str(warning.message) for warning in said)


def paths(x, y, alternative, ties):
    """P(D >= d) by counting lattice paths in integers; given the ties, only the end of each tie counts."""
    n, m = len(x), len(y)
    pooled = sorted(x + y)
    ends = [k == n + m - 1 or pooled[k] != pooled[k + 1] for k in range(n + m)]

    def off(i, j):
        gap = i * m - j * n
        return {"two-sided": abs(gap), "greater": gap, "less": -gap}[alternative]

    i = j = 0
    largest = 0
    xs, ys = sorted(x), sorted(y)
    for k in range(n + m):
        if i < n and xs[i] == pooled[k]:
            i += 1
        else:
            j += 1
        if ends[k]:
            largest = max(largest, off(i, j))
    total = math.comb(n + m, n)
    if largest <= 0:
        return 1.0, Fraction(1)
    row = [0] * (m + 1)
    for i in range(n + 1):
        for j in range(m + 1):
            if i == 0 and j == 0:
                row[0] = 1
                continue
            ways = (row[j] if i > 0 else 0) + (row[j - 1] if j > 0 else 0)
            checked = not ties or ends[i + j - 1]
            row[j] = 0 if checked and off(i, j) >= largest else ways
    exact = Fraction(total - row[m], total)
    return float(exact), exact


def kolmogorov_smirnov(x, y, small):
    found = {}
    for alternative in ALTERNATIVES:
        entry = {}
        for method in ["auto", "exact", "asymp"]:
            if method == "exact" and not small:
                continue
            result, switched = quiet(lambda: stats.ks_2samp(x, y, alternative=alternative, method=method))
            entry[method] = {"D": number(result.statistic), "p": number(result.pvalue), "switched_to_asymp": switched}
            if method == "auto":
                entry["location"] = number(result.statistic_location)
                entry["sign"] = int(result.statistic_sign)
        if small:
            entry["p_exact_ties"] = paths(x, y, alternative, True)[0]
            if len(set(x + y)) == len(x + y):
                p, exact = paths(x, y, alternative, False)
                entry["p_exact_integer"] = p
                if len(x) == len(y) and exact > 0:
                    log = mpmath.log10(mpmath.mpf(exact.numerator)) - mpmath.log10(mpmath.mpf(exact.denominator))
                    entry["log10_p_exact"] = number(log)
        found[alternative] = entry
    return found


def one(values):
    if not values:
        return None
    side = {"n": len(values)}
    a = np.array(values)
    side["min"], side["max"] = number(a.min()), number(a.max())
    side["q"] = {str(share): number(np.quantile(a, share)) for share in SHARES}
    if all(math.isfinite(value) for value in values):
        exact = [Fraction(value) for value in values]
        mean = sum(exact) / len(exact)
        side["mean_exact"] = float(mean)
        if len(values) > 1:
            side["var_exact"] = float(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1))
            side["skew"] = number(quiet(lambda: stats.skew(a))[0])
            side["kurtosis"] = number(quiet(lambda: stats.kurtosis(a))[0])
    return side


def mann_whitney(x, y):
    found = {}
    for alternative in ALTERNATIVES:
        ask = lambda **more: quiet(lambda: stats.mannwhitneyu(x, y, alternative=alternative, **more))[0]
        auto, limit, plain = ask(), ask(method="asymptotic"), ask(method="asymptotic", use_continuity=False)
        found[alternative] = {
            "U": number(auto.statistic),
            "p_auto": number(auto.pvalue),
            "p_asymptotic": number(limit.pvalue),
            "p_asymptotic_nocc": number(plain.pvalue),
        }
        if len(x) * len(y) <= 2_000:
            found[alternative]["p_exact_ignoring_ties"] = number(ask(method="exact").pvalue)
    tied = len(set(x + y)) < len(x + y)
    found["auto_is_exact"] = not tied and min(len(x), len(y)) <= 8
    found["common_language_A"] = found["two-sided"]["U"] / (len(x) * len(y))
    return found


def anderson(x, y):
    found = {}
    for variant in ["midrank", "right", "continuous"]:
        try:
            result = quiet(lambda: stats.anderson_ksamp([x, y], variant=variant))[0]
            found[variant] = {"A2": number(result.statistic), "p": number(result.pvalue)}
        except (ValueError, IndexError, ZeroDivisionError):
            found[variant] = {}
    return found


def cramer(x, y):
    found = {}
    for method in ["auto", "asymptotic", "exact"]:
        if method == "exact" and len(x) * len(y) > 400:
            continue
        result = quiet(lambda: stats.cramervonmises_2samp(x, y, method=method))[0]
        found[method] = {"T": number(result.statistic), "p": number(result.pvalue)}
    return found


def means(x, y, equal):
    found = {}
    for alternative in ALTERNATIVES:
        result = quiet(lambda: stats.ttest_ind(x, y, equal_var=equal, alternative=alternative))[0]
        interval = quiet(lambda: result.confidence_interval(0.95))[0]
        found[alternative] = {
            "t": number(result.statistic),
            "df": number(result.df),
            "p": number(result.pvalue),
            "ci95": [number(interval.low), number(interval.high)],
        }
    return found


def two_sample(tags, inputs, x, y):
    small = len(x) * len(y) <= 4_000
    expected = {"ks": kolmogorov_smirnov(x, y, small), "x": one(x), "y": one(y)}
    expected["mannwhitney"] = mann_whitney(x, y)
    expected["anderson_ksamp"] = anderson(x, y)
    if min(len(x), len(y)) > 1:
        expected["cramervonmises"] = cramer(x, y)
    expected["wasserstein"] = number(stats.wasserstein_distance(x, y))
    expected["energy_distance"] = number(stats.energy_distance(x, y))
    if min(len(x), len(y)) > 1:
        expected["welch"] = means(x, y, False)
        expected["student"] = means(x, y, True)
        result = quiet(lambda: stats.levene(x, y, center="median"))[0]
        # Where all deviations are equal, only rounding keeps W from being infinite.
        if result.statistic < 1e20:
            expected["levene_median"] = {"W": number(result.statistic), "p": number(result.pvalue)}
    return {"kind": "two_sample", "tags": tags, "inputs": inputs, "expected": expected}


def written(tags, x, y):
    x, y = [float(value) for value in x], [float(value) for value in y]
    return two_sample(tags, {"x": [number(v) for v in x], "y": [number(v) for v in y]}, x, y)


def recipe(tags, one, other):
    names = ["seed", "n", "law", "a", "b"]
    x, y = draw(*one), draw(*other)
    check = {"x_first": x[0], "x_last": x[-1], "y_first": y[0], "y_last": y[-1]}
    inputs = {"x_recipe": dict(zip(names, one)), "y_recipe": dict(zip(names, other)), "check": check}
    return two_sample(tags + ["recipe"], inputs, x, y)


def two_samples():
    seed = 9_000
    for n, m in [(1, 1), (1, 2), (2, 1), (2, 2), (1, 9), (2, 3), (3, 3), (3, 8), (7, 7), (8, 9), (9, 9), (19, 21), (20, 20), (21, 21), (60, 61)]:
        for law, b in [("uniform", 1), ("grid", 4)]:
            seed += 2
            shift = 0.3 if law == "uniform" else 1
            yield written(["small", law], draw(seed, n, law, 0, b), draw(seed + 1, m, law, shift, b))
    yield written(["constant"], [3] * 5, draw(seed, 7, "uniform", 0, 5))
    yield written(["constant"], [3] * 20, [3] * 19 + [4])
    yield written(["ties"], [0] * 30 + [1] * 10, [0] * 20 + [1] * 20)
    yield written(["ties"], [0] * 3, [0, 0, 0, 1])
    yield written(["identical"], range(12), range(12))
    yield written(["disjoint"], range(25), range(100, 130))
    yield written(["touching"], range(10), range(9, 25))
    yield written(["inf"], [1, 2, math.inf, 3], [0.5, -math.inf, 7, 2.5, math.inf])
    yield written(["zeros"], [0.0, -0.0, 1, -1], [-0.0, -0.0, 0.0, 2, 3])
    yield written(["unequal_variances"], draw(71, 40, "irwinhall", 0, 1), draw(72, 9, "irwinhall", 0.5, 30))
    yield written(["unequal_variances"], draw(73, 4, "irwinhall", 0, 100), draw(74, 500, "irwinhall", 0, 0.01))
    yield written(["shifted"], draw(75, 50, "irwinhall", 0, 1), draw(76, 50, "irwinhall", 8, 1))
    for one, other in [
        ((81, 10_000, "uniform", 0, 1), (82, 10_000, "uniform", 0.02, 1)),
        ((83, 10_001, "uniform", 0, 1), (84, 3, "uniform", 0.2, 1)),
        ((85, 10_000, "uniform", 0, 1), (86, 7, "uniform", 0.2, 1)),
        ((89, 11_000, "grid", 0, 6), (90, 10_300, "grid", 0, 6)),
        ((91, 10_100, "pareto1", 0, 1), (92, 10_500, "pareto1", 0, 1.03)),
        ((93, 5_000, "const", 2, 0), (94, 5_000, "grid", 1, 3)),
        ((95, 2_500, "irwinhall", 0, 1), (96, 2_500, "irwinhall", 1.1, 1)),
    ]:
        yield recipe(["edge_large"], one, other)


def fisher(a, b, c, d):
    """In 60 digits: of margins of 10^9 scipy knows six."""
    row, column, all_of = a + b, a + c, a + b + c + d

    def ln_choose(n, k):
        return mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)

    low, high = max(0, column - c - d), min(row, column)
    # Far from the observed table there is nothing left to add.
    near = range(max(low, a - 8_000), min(high, a + 8_000) + 1)
    mass = {x: mpmath.exp(ln_choose(row, x) + ln_choose(c + d, column - x) - ln_choose(all_of, column)) for x in near}
    tails = {
        "two-sided": [p for p in mass.values() if p <= mass[a] * (1 + mpmath.mpf(10) ** -14)],
        "less": [p for x, p in mass.items() if x <= a],
        "greater": [p for x, p in mass.items() if x >= a],
    }
    return {alternative: {"p": number(mpmath.fsum(p))} for alternative, p in tails.items()}


def counts(reference, current):
    table = np.array([reference, current])
    expected = {}
    for name, more in [
        ("chi2_default", {}),
        ("chi2_nocorr", {"correction": False}),
        ("g_nocorr", {"correction": False, "lambda_": "log-likelihood"}),
    ]:
        result = stats.chi2_contingency(table, **more)
        expected[name] = {
            "stat": number(result.statistic),
            "dof": int(result.dof),
            "p": number(result.pvalue),
            "min_expected": number(result.expected_freq.min()),
        }
    expected["cramers_v"] = math.sqrt(expected["chi2_nocorr"]["stat"] / table.sum())
    if len(reference) == 2:
        expected["fisher"] = fisher(*reference, *current)
    q, p = [np.array(side) / sum(side) for side in (reference, current)]
    expected["hellinger"] = math.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2)
    expected["tvd"] = float(np.abs(p - q).sum() / 2)
    expected["linf"] = float(np.abs(p - q).max())
    expected["kl_ref_cur"] = number(stats.entropy(q, p))
    expected["kl_cur_ref"] = number(stats.entropy(p, q))
    inputs = {"ref": reference, "cur": current}
    return {"kind": "categorical", "tags": ["edge"], "inputs": inputs, "expected": expected}


def categories():
    yield counts([5, 0], [0, 5])
    yield counts([1, 1], [1, 1])
    yield counts([1, 0], [0, 1])
    yield counts([3, 1], [1, 3])
    yield counts([0, 10, 20], [5, 10, 15])
    yield counts([10, 0, 0, 1], [0, 7, 1, 1])
    yield counts([1_000_000_007, 3], [999_999_937, 11])
    yield counts([10**6, 10**6], [10**6, 10**6 + 10**4])
    yield counts([700, 300], [100, 900])
    yield counts(list(range(1, 41)), list(range(40, 0, -1)))
    yield counts([10**6] * 10, [10**6 + 10**4 * (k - 4) for k in range(9)] + [10**6 - 10**4 * 0])


def proportions():
    for k, n, chance in [(0, 5, 0.1), (5, 5, 0.9), (1, 3, 0.5), (3, 10, 0.3), (50, 100, 0.5), (7, 1000, 0.01), (999, 1000, 0.99), (5_000, 100_000, 0.04)]:
        entry = {}
        for name, alternative in [("p_two", "two-sided"), ("p_less", "less"), ("p_greater", "greater")]:
            entry[name] = number(stats.binomtest(k, n, chance, alternative=alternative).pvalue)
        for name, method in [("ci95_exact", "exact"), ("ci95_wilson", "wilson"), ("ci95_wilsoncc", "wilsoncc")]:
            interval = stats.binomtest(k, n, chance).proportion_ci(0.95, method=method)
            entry[name] = [number(interval.low), number(interval.high)]
        yield {"kind": "proportion", "tags": ["edge"], "inputs": {"k": k, "n": n, "p0": chance}, "expected": entry}


def tails():
    def case(name, args, gold):
        expected = {"scipy": None, "mpmath": number(gold)}
        return {"kind": "dist_fn", "tags": [name], "inputs": {"fn": name, "args": args}, "expected": expected}

    def student(t, df):
        t, df = mpmath.mpf(t), mpmath.mpf(df)
        half = mpmath.betainc(df / 2, mpmath.mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
        return half if t >= 0 else 1 - half

    for t, df in [(1e-8, 1), (3, 1), (1e10, 1), (2.5, 2), (40, 3), (1.96, 30), (12, 30.5), (38, 400), (5, 1e5), (37, 1e6), (2, 2e7), (0.001, 1e9)]:
        yield case("t_sf", [t, df], student(t, df))
    for z in [-40, -1, 0, 1e-9, 1, 6, 20, 37]:
        yield case("norm_sf", [z], mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2)) / 2)
    for x, k in [(0.001, 1), (3.84, 1), (1_300, 1), (1_400, 12), (10, 100), (100, 100), (1_000, 100), (1_000_000, 1_000_000), (1_010_000, 1_000_000)]:
        upper = mpmath.gammainc(mpmath.mpf(k) / 2, mpmath.mpf(x) / 2, mpmath.inf, regularized=True)
        yield case("chi2_sf", [x, k], upper)
    for z in [0.3, 0.5, 0.83, 1, 1.36, 2, 5, 15, 18.5]:
        z = mpmath.mpf(z)
        tail = 2 * mpmath.nsum(lambda k: (-1) ** (int(k) - 1) * mpmath.exp(-2 * k * k * z * z), [1, mpmath.inf])
        yield case("kolmogorov_sf", [float(z)], tail)


def adjusted():
    """By their definitions."""
    for p in [[0.04], [0.0, 1.0], [0.01, 0.01, 0.01], [1e-300, 0.5, 1e-20, 0.03, 0.03], [1.0] * 4]:
        m = len(p)
        order = sorted(range(m), key=lambda k: p[k])
        ranked = [mpmath.mpf(p[k]) for k in order]

        def sidak(value, tests):
            return -mpmath.expm1(tests * mpmath.log1p(-value)) if value < 1 else mpmath.mpf(1)

        def down(adjusted):
            largest, found = mpmath.mpf(0), []
            for value in adjusted:
                largest = max(largest, value)
                found.append(largest)
            return found

        def up(adjusted):
            return [min(adjusted[k:]) for k in range(m)]

        harmonic = mpmath.fsum(mpmath.mpf(1) / k for k in range(1, m + 1))
        # Hommel (1988): the least level at which some set of hypotheses that holds this one is rejected by Simes.
        hommel = []
        for k in range(m):
            worst = ranked[k]
            for size in range(1, m + 1):
                rest = [ranked[j] for j in range(m) if j != k][m - size :]
                members = sorted(rest + [ranked[k]])
                worst = max(worst, min(size * value / (j + 1) for j, value in enumerate(members)))
            hommel.append(worst)
        ways = {
            "bonferroni": [m * value for value in ranked],
            "sidak": [sidak(value, m) for value in ranked],
            "holm": down([(m - k) * value for k, value in enumerate(ranked)]),
            "holm-sidak": down([sidak(value, m - k) for k, value in enumerate(ranked)]),
            "simes-hochberg": up([(m - k) * value for k, value in enumerate(ranked)]),
            "hommel": hommel,
            "fdr_bh": up([m * value / (k + 1) for k, value in enumerate(ranked)]),
            "fdr_by": up([harmonic * m * value / (k + 1) for k, value in enumerate(ranked)]),
        }
        expected = {}
        for name, values in ways.items():
            expected[name] = [number(min(mpmath.mpf(1), values[order.index(k)])) for k in range(m)]
        expected["scipy_bh"] = [number(v) for v in stats.false_discovery_control(p)]
        expected["scipy_by"] = [number(v) for v in stats.false_discovery_control(p, method="by")]
        yield {"kind": "multiple_testing", "tags": ["edge"], "inputs": {"p": p}, "expected": expected}


cases = []
for group in [two_samples, categories, proportions, adjusted, tails]:
    for index, found in enumerate(group()):
        cases.append({**found, "id": f"edge-{found['kind']}-{index:03}"})
lines = ",\n".join(json.dumps(case) for case in cases)
print('{"meta": {"by": "stat_refs_edges.py", "scipy": "%s"}, "cases": [\n%s\n]}' % (__import__("scipy").__version__, lines))
