//! Moments, quantiles, and comparisons of means.

use serde_json::Value;

use super::cases::{
    Check, SCIPY, STATISTIC, cases, is_finite, is_tagged, number, two_samples, values,
};
use crate::stats::{
    Alternative, MeanDifference, Moments, Sample, cohen_d, mean_comparison, seed_compat,
    spread_comparison,
};

#[test]
fn moments_and_quantiles() {
    let mut check = Check::default();
    for case in cases("two_sample") {
        for side in ["x", "y"] {
            let values = values(&case, side);
            let expected = &case["expected"][side];
            if expected.is_null() || values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let whole = Moments::of(&values);
            let (left, right) = values.split_at(values.len() / 3);
            let merged = Moments::of(left).merge(Moments::of(right));
            let mut single = Moments::default();
            for value in &values {
                single.add(*value);
            }
            for moments in [whole, merged, single] {
                compare_moments(&mut check, &case, &moments, expected);
            }
            let sample = Sample::new(values);
            for (share, value) in expected["q"].as_object().unwrap() {
                let found = sample.quantile(share.parse().unwrap()).unwrap();
                check.close("quantile", &case, found, number(value).unwrap(), STATISTIC);
            }
            let ends = [("min", sample.min()), ("max", sample.max())];
            for (name, found) in ends {
                check.close(name, &case, found.unwrap(), number(&expected[name]).unwrap(), 0.0);
            }
            // Constants give scipy not-a-number; symmetric samples give 0 but for rounding.
            let shapes = [("skew", sample.skewness()), ("kurtosis", sample.excess_kurtosis())];
            for (name, found) in shapes {
                let expected = number(&expected[name]).filter(|value| value.is_finite());
                let out_of_range = is_tagged(&case, "huge") || is_tagged(&case, "tiny_scale");
                if let (Some(expected), Some(found), false) = (expected, found, out_of_range) {
                    // With an offset of 1e9 scipy has lost seven digits of every deviation.
                    let tolerance = if is_tagged(&case, "offset") { 1e-6 } else { 1e-11 };
                    check.near(name, &case, found, expected, tolerance * expected.abs().max(1.0));
                }
            }
        }
    }
    check.finish(5908);
}

fn compare_moments(check: &mut Check, case: &Value, moments: &Moments, expected: &Value) {
    if let Some(mean) = number(&expected["mean_exact"]) {
        check.close("mean", case, moments.mean().unwrap(), mean, STATISTIC);
    }
    if let Some(variance) = number(&expected["var_exact"]) {
        let found = moments.variance().unwrap();
        if variance < f64::MIN_POSITIVE {
            // Below the normal doubles only a few bits are left to compare.
            check.near("variance", case, found, variance, 5e-324);
        } else {
            check.close("variance", case, found, variance, STATISTIC);
            let n = moments.count() as f64;
            let error = moments.standard_error().unwrap();
            check.close("sem", case, error, (variance / n).sqrt(), STATISTIC);
        }
    }
}

const ALTERNATIVES: [(Alternative, &str); 3] = [
    (Alternative::TwoSided, "two-sided"),
    (Alternative::Less, "less"),
    (Alternative::Greater, "greater"),
];

fn compare_means(name: &str, compare: fn(&Moments, &Moments) -> Option<MeanDifference>) -> Check {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"][name];
        let t = number(&expected["two-sided"]["t"]).filter(|t| t.is_finite());
        let (Some(t), true) = (t, is_finite(&case)) else { continue };
        let Some(found) = compare(x.moments(), y.moments()) else { continue };
        if is_tagged(&case, "huge") || is_tagged(&case, "tiny_scale") {
            // Squares of variances leave the range of doubles in scipy.
            continue;
        }
        // With an offset of 1e9 scipy rounds each mean to 1e-7 before it subtracts.
        let tolerance = if is_tagged(&case, "offset") { 1e-5 } else { SCIPY };
        check.close("t", &case, found.t(), t, tolerance);
        for (alternative, side) in ALTERNATIVES {
            let expected = &expected[side];
            let df = number(&expected["df"]).unwrap();
            check.close("df", &case, found.degrees(), df, tolerance);
            let p = number(&expected["p"]).unwrap();
            check.close("p", &case, found.p(alternative).value(), p, tolerance);
            let interval = found.interval(0.95).unwrap();
            let ends = match alternative {
                Alternative::TwoSided => (interval.low, interval.high),
                Alternative::Less => (f64::NEG_INFINITY, found.upper_bound(0.95).unwrap()),
                Alternative::Greater => (found.lower_bound(0.95).unwrap(), f64::INFINITY),
            };
            check.close("low", &case, ends.0, number(&expected["ci95"][0]).unwrap(), tolerance);
            check.close("high", &case, ends.1, number(&expected["ci95"][1]).unwrap(), tolerance);
        }
    }
    check
}

#[test]
fn welch() {
    compare_means("welch", MeanDifference::welch).finish(1794);
}

#[test]
fn student() {
    compare_means("student", MeanDifference::pooled).finish(1794);
}

#[test]
fn equivalence() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"]["tost_0.1sd"];
        if expected.is_null() || !is_finite(&case) {
            continue;
        }
        if is_tagged(&case, "huge") || is_tagged(&case, "tiny_scale") {
            continue;
        }
        let Some(found) = mean_comparison(&x, &y) else { continue };
        let delta = 0.1 * y.moments().sd().unwrap();
        if delta == 0.0 {
            // The file has a margin of 0.1 there.
            continue;
        }
        let tolerance = if is_tagged(&case, "offset") { 1e-5 } else { SCIPY };
        check.close("delta", &case, delta, number(&expected["delta"]).unwrap(), STATISTIC);
        let found = found.equivalence(delta).unwrap();
        let values =
            [("p_lower", found.above_lower), ("p_upper", found.below_upper), ("p", found.p())];
        for (name, found) in values {
            check.close(name, &case, found.value(), number(&expected[name]).unwrap(), tolerance);
        }
    }
    check.finish(388);
}

#[test]
fn spread_and_effect_size() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"];
        if !is_finite(&case) {
            continue;
        }
        if is_tagged(&case, "tiny_scale") {
            // Variances are below the normal doubles.
            continue;
        }
        let tolerance = if is_tagged(&case, "offset") { 1e-5 } else { SCIPY };
        let w = number(&expected["levene_median"]["W"]).filter(|w| w.is_finite());
        if let (Some(w), Some(found)) = (w, spread_comparison(&x, &y)) {
            // W is the square of a difference that cancels.
            check.near("W", &case, found.t().powi(2), w, tolerance * w + 1e-9);
            let p = number(&expected["levene_median"]["p"]).unwrap();
            check.close("p", &case, found.p(Alternative::TwoSided).value(), p, 1e-6);
        }
        if let Some(d) = number(&expected["cohen_d"]).filter(|d| d.is_finite()) {
            check.close("d", &case, cohen_d(&x, &y).unwrap(), d, tolerance);
        }
    }
    check.finish(378);
}

#[test]
fn the_rules_of_the_seed() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"];
        // Variances of tiny values are below the normal doubles.
        if !is_finite(&case) || is_tagged(&case, "tiny_scale") {
            continue;
        }
        if let Some(levels) = expected["mean_ci_prod"].as_object() {
            for (level, ends) in levels {
                let (Some(low), Some(high)) = (number(&ends[0]), number(&ends[1])) else {
                    continue;
                };
                if !low.is_finite() || !high.is_finite() {
                    continue;
                }
                let found = seed_compat::mean_comparison(&x, &y, level.parse().unwrap()).unwrap();
                let interval = found.interval.unwrap();
                check.close("low", &case, interval.low, low, SCIPY);
                check.close("high", &case, interval.high, high, SCIPY);
            }
        }
        let rule = &expected["seed_mean_rule_0.95"];
        // Of a constant sample scipy has no interval; the seed's own formula has a point.
        let has_interval = number(&expected["mean_ci_prod"]["0.95"][0]).is_some_and(f64::is_finite);
        if let (Some(passed), true) = (rule["passed"].as_bool(), has_interval) {
            let found = seed_compat::mean_comparison(&x, &y, 0.95).unwrap();
            assert_eq!(found.passed, passed, "{} {found:?} {rule}", case["id"]);
            if let Some(score) = number(&rule["score_abs"]).filter(|score| score.is_finite()) {
                check.close("score", &case, found.score.unwrap(), score, 1e-5);
            }
        }
        let p = number(&expected["ks"]["two-sided"]["auto"]["p"]).filter(|p| *p > 0.0);
        let auto = &expected["ks"]["two-sided"]["auto"];
        if let (Some(p), false) = (p, auto["switched_to_asymp"] == true) {
            let found = seed_compat::ks_test(&x, &y, 0.05).unwrap();
            check.close("ks p", &case, found.score.unwrap(), p, SCIPY);
            assert_eq!(found.passed, p > 0.05);
        }
    }
    check.finish(1282);
}
