//! Tests of ranks, and distances of distribution functions.

use serde_json::Value;

use super::cases::{Check, SCIPY, STATISTIC, is_finite, number, two_samples};
use crate::stats::{
    Alternative, PMethod, TieForm, anderson_darling, cramer_von_mises, energy_distance,
    mann_whitney, wasserstein_distance,
};

/// The error of scipy's limit of Cramér and von Mises, whose series it stops at terms of this size.
const CUT_OFF: f64 = 3e-7;

fn finite(value: &Value) -> Option<f64> {
    number(value).filter(|value| value.is_finite())
}

#[test]
fn mann_whitney_u_and_p() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"]["mannwhitney"];
        let (Some(found), false) = (mann_whitney(&x, &y), expected.is_null()) else { continue };
        check.close(
            "A",
            &case,
            found.superiority(),
            number(&expected["common_language_A"]).unwrap(),
            STATISTIC,
        );
        let sides = [
            (Alternative::TwoSided, "two-sided"),
            (Alternative::Less, "less"),
            (Alternative::Greater, "greater"),
        ];
        for (side, name) in sides {
            let expected = &expected[name];
            check.close("U", &case, found.u(), number(&expected["U"]).unwrap(), 0.0);
            let (p, method) = found.p(side);
            let is_exact = case["expected"]["mannwhitney"]["auto_is_exact"] == true;
            assert_eq!(method == PMethod::Exact, is_exact, "{}", case["id"]);
            let values = [
                ("auto", Some(p), &expected["p_auto"]),
                ("corrected", Some(found.asymptotic_p(side, true)), &expected["p_asymptotic"]),
                ("limit", Some(found.asymptotic_p(side, false)), &expected["p_asymptotic_nocc"]),
                ("exact", found.exact_p_ignoring_ties(side), &expected["p_exact_ignoring_ties"]),
            ];
            for (what, found, expected) in values {
                if let Some(expected) = finite(expected).filter(|p| *p > 0.0) {
                    check.close(what, &case, found.unwrap().value(), expected, SCIPY);
                }
            }
        }
    }
    check.finish(2471);
}

#[test]
fn anderson_darling_of_two_samples() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"]["anderson_ksamp"];
        let forms = [
            (TieForm::Midrank, "midrank"),
            (TieForm::Right, "right"),
            (TieForm::Continuous, "continuous"),
        ];
        for (form, name) in forms {
            let Some(statistic) = finite(&expected[name]["A2"]) else { continue };
            let Some(found) = anderson_darling(&[&x, &y], form) else {
                panic!("{} has no answer", case["id"])
            };
            check.near("A2", &case, found.statistic(), statistic, 1e-11 * statistic.abs().max(1.0));
            let p = number(&expected[name]["p"]).unwrap();
            check.close("p", &case, found.interpolated_p(), p, SCIPY);
        }
    }
    check.finish(930);
}

#[test]
fn cramer_von_mises_t_and_p() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        let expected = &case["expected"]["cramervonmises"];
        let Some(statistic) = finite(&expected["auto"]["T"]) else { continue };
        let found = cramer_von_mises(&x, &y).unwrap();
        check.near("T", &case, found.statistic(), statistic, 1e-12 * statistic.max(1.0));
        let mut compare = |what: &str, found: f64, expected: &Value, absolute: f64| {
            if let Some(expected) = finite(&expected["p"]) {
                check.near(what, &case, found, expected, absolute + SCIPY * expected);
            }
        };
        let (p, method) = found.p();
        let absolute = if method == PMethod::Exact { 0.0 } else { CUT_OFF };
        compare("auto", p.value(), &expected["auto"], absolute);
        compare("limit", found.asymptotic_p().value(), &expected["asymptotic"], CUT_OFF);
        if !expected["exact"].is_null() {
            compare("exact", found.exact_p().unwrap().value(), &expected["exact"], 0.0);
        }
    }
    check.finish(517);
}

#[test]
fn areas_between_distribution_functions() {
    let mut check = Check::default();
    for (case, x, y) in two_samples() {
        if !is_finite(&case) {
            continue;
        }
        if let Some(expected) = number(&case["expected"]["wasserstein"]) {
            check.close("area", &case, wasserstein_distance(&x, &y).unwrap(), expected, 1e-11);
        }
        if let Some(expected) = finite(&case["expected"]["energy_distance"]) {
            check.close("energy", &case, energy_distance(&x, &y).unwrap(), expected, 1e-11);
        }
    }
    check.finish(332);
}
