//! Categories, proportions, and many p-values.

use serde_json::Value;

use super::cases::{Check, GOLD, SCIPY, STATISTIC, cases, number};
use crate::stats::{Adjustment, Alternative, Counts, Proportion, adjust, fisher_exact};

const ALTERNATIVES: [(Alternative, &str); 3] = [
    (Alternative::TwoSided, "two-sided"),
    (Alternative::Less, "less"),
    (Alternative::Greater, "greater"),
];

fn both(case: &Value) -> (Vec<u64>, Vec<u64>) {
    let side = |name: &str| -> Vec<u64> {
        case["inputs"][name].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
    };
    (side("ref"), side("cur"))
}

#[test]
fn tests_of_counts() {
    let mut check = Check::default();
    for case in cases("categorical") {
        let (reference, current) = both(&case);
        let counts = Counts::new(current.into_iter().zip(reference)).unwrap();
        // What scipy's differences of nearly equal numbers lose to rounding.
        let lost = 1e-15 * (counts.totals().0 + counts.totals().1);
        let found = [
            ("chi2_default", counts.yates()),
            ("chi2_nocorr", counts.chi_square()),
            ("g_nocorr", counts.g_test()),
        ];
        for (name, found) in found {
            let expected = |field: &str| number(&case["expected"][name][field]).unwrap();
            let statistic = expected("stat");
            check.near(name, &case, found.statistic, statistic, STATISTIC * statistic + lost);
            check.close("degrees", &case, found.degrees, expected("dof"), 0.0);
            check.close(
                "expected",
                &case,
                found.least_expected,
                expected("min_expected"),
                STATISTIC,
            );
            let p = expected("p");
            check.near("p", &case, found.p().value(), p, (SCIPY + lost) * p);
        }
    }
    check.finish(45 * 12);
}

#[test]
fn fisher() {
    let mut check = Check::default();
    for case in cases("categorical") {
        let expected = &case["expected"]["fisher"];
        if expected.is_null() {
            continue;
        }
        let (reference, current) = both(&case);
        let table = [[reference[0], reference[1]], [current[0], current[1]]];
        for (alternative, name) in ALTERNATIVES {
            let p = number(&expected[name]["p"]).unwrap();
            let found = fisher_exact(table, alternative);
            if p > 0.0 {
                check.close(name, &case, found.value(), p, SCIPY);
            } else {
                check.near(name, &case, found.value(), p, 0.0);
            }
        }
    }
    check.finish(54);
}

#[test]
fn distances_of_shares() {
    let mut check = Check::default();
    for case in cases("categorical") {
        let (reference, current) = both(&case);
        let counts = Counts::new(current.iter().copied().zip(reference.iter().copied())).unwrap();
        let mirrored = Counts::new(reference.into_iter().zip(current)).unwrap();
        let nats = counts.jensen_shannon() * std::f64::consts::LN_2.sqrt();
        // scipy subtracts logarithms of nearly equal shares; below 1e-3 its own digits run out.
        let values = [
            ("cramers_v", counts.cramers_v(), 1e-11),
            ("js_distance_base2", counts.jensen_shannon(), 1e-9),
            ("js_distance_nats", nats, 1e-9),
            ("hellinger", counts.hellinger(), 1e-11),
            ("tvd", counts.total_variation(), 1e-14),
            ("linf", counts.largest_difference(), 1e-14),
            ("kl_ref_cur", mirrored.relative_entropy(), 1e-13),
            ("kl_cur_ref", counts.relative_entropy(), 1e-13),
            ("psi", counts.population_stability(0.0), 1e-13),
            ("psi_floor_1e-4", counts.population_stability(1e-4), 1e-13),
        ];
        for (name, found, absolute) in values {
            let expected = &case["expected"][name];
            match number(expected).filter(|value| !value.is_nan()) {
                Some(expected) if expected.is_finite() => {
                    check.near(name, &case, found, expected, absolute * expected.max(1.0));
                }
                Some(_) => check.close(name, &case, found, f64::INFINITY, 0.0),
                None => {}
            }
        }
    }
    check.finish(397);
}

#[test]
fn proportions() {
    let mut check = Check::default();
    for case in cases("proportion") {
        let input = |name: &str| case["inputs"][name].as_u64().unwrap();
        let found = Proportion::new(input("k"), input("n")).unwrap();
        let chance = case["inputs"]["p0"].as_f64().unwrap();
        let expected = &case["expected"];
        let sides = [
            (Alternative::TwoSided, "p_two"),
            (Alternative::Less, "p_less"),
            (Alternative::Greater, "p_greater"),
        ];
        for (alternative, name) in sides {
            let p = number(&expected[name]).unwrap();
            let found = found.p(chance, alternative).unwrap().value();
            if p < f64::MIN_POSITIVE {
                check.near(name, &case, found, p, 1e-322);
            } else {
                check.close(name, &case, found, p, SCIPY);
            }
        }
        let intervals = [
            ("ci95_exact", found.clopper_pearson(0.95), GOLD),
            ("ci95_wilson", found.wilson(0.95), STATISTIC),
            ("ci95_wilsoncc", found.wilson_corrected(0.95), STATISTIC),
        ];
        for (name, interval, tolerance) in intervals {
            let interval = interval.unwrap();
            let ends = [interval.low, interval.high];
            for (found, expected) in ends.into_iter().zip(expected[name].as_array().unwrap()) {
                check.near(name, &case, found, number(expected).unwrap(), tolerance);
            }
        }
    }
    check.finish(27 * 9);
}

#[test]
fn multiple_testing() {
    let adjustments = [
        ("bonferroni", Adjustment::Bonferroni),
        ("sidak", Adjustment::Sidak),
        ("holm", Adjustment::Holm),
        ("holm-sidak", Adjustment::HolmSidak),
        ("simes-hochberg", Adjustment::Hochberg),
        ("hommel", Adjustment::Hommel),
        ("fdr_bh", Adjustment::BenjaminiHochberg),
        ("fdr_by", Adjustment::BenjaminiYekutieli),
        ("scipy_bh", Adjustment::BenjaminiHochberg),
        ("scipy_by", Adjustment::BenjaminiYekutieli),
    ];
    let list = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|p| number(p).unwrap()).collect()
    };
    let mut check = Check::default();
    for case in cases("multiple_testing") {
        let p = list(&case["inputs"]["p"]);
        for (name, adjustment) in adjustments {
            let expected = list(&case["expected"][name]);
            for (found, expected) in adjust(&p, adjustment).into_iter().zip(expected) {
                check.close(name, &case, found, expected, STATISTIC);
            }
        }
    }
    check.finish(3970);
}
