//! Kolmogorov and Smirnov's test.

use serde_json::Value;

use super::cases::{Check, GOLD, SCIPY, STATISTIC, number, two_samples};
use crate::stats::ks::{PathLimit, equal_sizes_p, exact_p_ignoring_ties};
use crate::stats::{Alternative, KsTest, PMethod, largest_gap};

const ALTERNATIVES: [(Alternative, &str); 3] = [
    (Alternative::TwoSided, "two-sided"),
    (Alternative::Less, "less"),
    (Alternative::Greater, "greater"),
];

fn for_each(mut check: impl FnMut(&Value, &KsTest<'_>, Alternative, &Value)) {
    for (case, x, y) in two_samples() {
        let Some(found) = crate::stats::ks_test(&x, &y) else { continue };
        for (alternative, name) in ALTERNATIVES {
            check(&case, &found, alternative, &case["expected"]["ks"][name]);
        }
    }
}

#[test]
fn distance_and_location() {
    let mut check = Check::default();
    for_each(|case, found, alternative, expected| {
        let omitted = (alternative == Alternative::TwoSided)
            .then(|| number(&case["expected"]["ks"]["omit_D"]))
            .flatten();
        let Some(distance) = number(&expected["auto"]["D"]).or(omitted) else { return };
        check.close("D", case, found.distance(alternative), distance, STATISTIC);
        // Where the distance is reached more than once, each place is right.
        if alternative == Alternative::TwoSided
            && let (Some(at), Some(ours)) = (number(&expected["location"]), found.location())
            && at.is_finite()
        {
            check.near("gap", case, found.gap_at(at).abs(), distance, 1e-15);
            check.near("gap", case, found.gap_at(ours).abs(), distance, 1e-15);
        }
    });
    check.finish(835);
}

#[test]
fn exact_p_given_the_ties() {
    let mut check = Check::default();
    for_each(|case, found, alternative, expected| {
        if let Some(gold) = number(&expected["p_exact_ties"]) {
            let (p, method) = found.p(alternative);
            assert_eq!(method, PMethod::Exact);
            check.close("p", case, p.value(), gold, GOLD);
        }
    });
    check.finish(357);
}

#[test]
fn exact_p_ignoring_ties_by_paths_and_in_closed_form() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let Some(gap) = largest_gap(x.keys(), y.keys()) else { continue };
        for (alternative, name) in ALTERNATIVES {
            let expected = &case["expected"]["ks"][name];
            let Some(gold) = number(&expected["p_exact_integer"]) else { continue };
            let p = exact_p_ignoring_ties(&gap, alternative, PathLimit(100_000_000)).unwrap();
            if gold > 0.0 {
                check.close("paths", &case, p.value(), gold, GOLD);
            }
            if let Some(log) = number(&expected["log10_p_exact"]) {
                check.near("log10 p", &case, p.log10(), log, 1e-6);
            }
            if gap.n1 == gap.n2 && gold > 0.0 {
                let closed = equal_sizes_p(&gap, alternative);
                check.close("closed form", &case, closed.value(), gold, GOLD);
            }
        }
    }
    check.finish(504);
}

#[test]
fn exact_p_of_scipy_where_it_did_not_give_up() {
    let mut check = Check::default();
    for_each(|case, found, alternative, expected| {
        let exact = &expected["exact"];
        let Some(p) = number(&exact["p"]).filter(|p| *p > 0.0) else { return };
        if exact["switched_to_asymp"] == false {
            let found = found.exact_p_ignoring_ties(alternative).unwrap();
            check.close("p", case, found.value(), p, SCIPY);
        }
    });
    check.finish(398);
}

#[test]
fn asymptotic_p() {
    let mut check = Check::default();
    for_each(|case, found, alternative, expected| {
        let p = found.asymptotic_p(alternative);
        let scipy = number(&expected["asymp"]["p"]).filter(|p| !p.is_nan());
        // scipy returns 0 from n D^2 = 370 on; the file has the logarithm for those.
        if let Some(scipy) = scipy.filter(|p| *p > 0.0) {
            check.close("p", case, p.value(), scipy, SCIPY);
        }
        if let Some(gold) = number(&expected["log10_p_asymp_smirnov2"]) {
            check.near("log10 p", case, p.log10(), gold, 1e-6);
        }
    });
    check.finish(506);
}
