//! Every statistic against the reference cases of `tests/data/stat_refs_dev.json`.
//!
//! Tolerances: statistics 1e-12 relative; p-values 1e-9 relative where the file has a gold value
//! (exact integers, rationals, mpmath), else 1e-7 relative to scipy; log10 p 1e-6 below the range of
//! doubles. Each test says how many values it compared, so that none is skipped unnoticed.

use std::path::Path;

use serde_json::Value;

use super::gamma::{chi_square_sf, normal_sf};
use super::ks::{asymptotic_p, equal_sizes_p, ks_p, lattice_p};
use super::ks_law::two_sided_sf;
use super::proportion::wilson;
use super::student::{student_sf, student_upper_quantile};
use super::{
    Counts, Gap, Moments, Welch, benjamini_hochberg, largest_gap, normal_quantile, quantile,
    wasserstein,
};
use crate::column::float_key;

const STATISTIC: f64 = 1e-12;
const GOLD: f64 = 1e-9;
const SCIPY: f64 = 1e-7;

fn cases(kind: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/stat_refs_dev.json");
    let text = fs_err::read_to_string(path).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let cases = all["cases"].as_array().unwrap().iter();
    cases.filter(|case| case["kind"] == kind).cloned().collect()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        },
        _ => None,
    }
}

/// Collects comparisons and reports all that are out of tolerance at once.
#[derive(Default)]
struct Check {
    compared: usize,
    wrong: Vec<String>,
}

impl Check {
    fn close(&mut self, what: &str, case: &Value, found: f64, expected: f64, tolerance: f64) {
        self.compared += 1;
        let error = (found - expected).abs();
        let close = found == expected || error <= tolerance * expected.abs();
        if !close {
            let id = &case["id"];
            self.wrong.push(format!(
                "{id} {what}: {found:e} is not {expected:e} ({:e})",
                error / expected.abs()
            ));
        }
    }

    fn near(&mut self, what: &str, case: &Value, found: f64, expected: f64, absolute: f64) {
        self.compared += 1;
        let near = found == expected || (found - expected).abs() <= absolute;
        if !near {
            let id = &case["id"];
            self.wrong
                .push(format!("{id} {what}: {found:e} is not {expected:e} within {absolute:e}"));
        }
    }

    fn finish(self, expected: usize) {
        assert!(self.wrong.is_empty(), "{} wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        assert_eq!(self.compared, expected, "values compared");
    }
}

/// The generator of the file's large samples.
struct SplitMix(u64);

impl SplitMix {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 * 2f64.powi(-53)
    }

    fn draw(&mut self, law: &str, a: f64, b: f64) -> f64 {
        match law {
            "uniform" => a + b * self.uniform(),
            "irwinhall" => {
                let mut z = 0.0;
                for _ in 0..12 {
                    z += self.uniform();
                }
                a + b * (z - 6.0)
            }
            "pareto1" => a + b * (1.0 / (1.0 - self.uniform())),
            "grid" => a + (b * self.uniform()).floor(),
            "const" => a,
            other => panic!("unknown law {other}"),
        }
    }
}

/// A sample of a case: as written, or drawn by its recipe.
fn sample(case: &Value, side: &str) -> Vec<f64> {
    let inputs = &case["inputs"];
    if let Some(values) = inputs[side].as_array() {
        return values.iter().map(|value| number(value).unwrap()).collect();
    }
    let recipe = &inputs[format!("{side}_recipe")];
    let mut random = SplitMix(recipe["seed"].as_u64().unwrap());
    let (a, b) = (recipe["a"].as_f64().unwrap(), recipe["b"].as_f64().unwrap());
    let law = recipe["law"].as_str().unwrap();
    let values: Vec<f64> =
        (0..recipe["n"].as_u64().unwrap()).map(|_| random.draw(law, a, b)).collect();
    let check = &inputs["check"];
    assert_eq!(values.first().copied(), check[format!("{side}_first")].as_f64());
    assert_eq!(values.last().copied(), check[format!("{side}_last")].as_f64());
    values
}

fn sorted_keys(values: &[f64]) -> Vec<u64> {
    let present = values.iter().filter(|value| !value.is_nan());
    let mut keys: Vec<u64> = present.map(|value| float_key(*value)).collect();
    keys.sort_unstable();
    keys
}

fn pairs() -> Vec<(Value, Vec<u64>, Vec<u64>, Gap)> {
    let cases = cases("two_sample").into_iter().filter_map(|case| {
        let (x, y) = (sorted_keys(&sample(&case, "x")), sorted_keys(&sample(&case, "y")));
        let gap = largest_gap(&x, &y)?;
        Some((case, x, y, gap))
    });
    cases.collect()
}

#[test]
fn ks_distance() {
    let mut check = Check::default();
    for (case, .., gap) in pairs() {
        let ks = &case["expected"]["ks"];
        let auto = &ks["two-sided"]["auto"];
        let expected = number(&auto["D"]).or_else(|| number(&ks["omit_D"])).unwrap();
        check.close("D", &case, gap.distance(), expected, STATISTIC);
        if let Some(h) = ks["two-sided"]["h"].as_u64() {
            let lcm = ks["two-sided"]["lcm"].as_u64().unwrap();
            let found = gap.above.max(gap.below) * u128::from(lcm);
            assert_eq!(found, u128::from(h) * u128::from(gap.n1) * u128::from(gap.n2));
        }
    }
    check.finish(122);
}

#[test]
fn ks_exact_p_given_the_ties() {
    let mut check = Check::default();
    for (case, x, y, gap) in pairs() {
        let gold = &case["expected"]["ks"]["two-sided"]["p_exact_ties"];
        if let Some(expected) = number(gold) {
            let (p, exact) = ks_p(&gap, &x, &y);
            assert!(exact);
            check.close("p", &case, p.value(), expected, GOLD);
        }
    }
    check.finish(77);
}

#[test]
fn ks_exact_p_without_ties() {
    let mut check = Check::default();
    for (case, .., gap) in pairs() {
        let expected = &case["expected"]["ks"]["two-sided"];
        let equal = (gap.n1 == gap.n2).then(|| equal_sizes_p(&gap));
        if let Some(gold) = number(&expected["p_exact_integer"]).filter(|gold| *gold > 0.0) {
            if gap.n1 * gap.n2 <= 4_000_000 {
                check.close("lattice", &case, lattice_p(&gap, None).value(), gold, GOLD);
            }
            if let Some(p) = equal {
                check.close("closed form", &case, p.value(), gold, GOLD);
            }
        }
        if let (Some(p), Some(gold)) = (equal, number(&expected["log10_p_exact"])) {
            check.near("log10 p", &case, p.log10(), gold, 1e-6);
        }
    }
    check.finish(167);
}

#[test]
fn ks_asymptotic_p() {
    let mut check = Check::default();
    for (case, .., gap) in pairs() {
        let expected = &case["expected"]["ks"]["two-sided"];
        let p = asymptotic_p(&gap);
        let scipy = number(&expected["asymp"]["p"]).filter(|p| !p.is_nan());
        // scipy returns 0 from n D^2 = 370 on; the file has the logarithm for those.
        if let Some(scipy) = scipy.filter(|p| *p > 0.0) {
            check.close("p", &case, p.value(), scipy, SCIPY);
        }
        if let Some(gold) = number(&expected["log10_p_asymp_smirnov2"]) {
            check.near("log10 p", &case, p.log10(), gold, 1e-6);
        }
    }
    check.finish(130);
}

#[test]
fn distribution_functions() {
    let mut check = Check::default();
    for case in cases("dist_fn") {
        let name = case["inputs"]["fn"].as_str().unwrap();
        let args: Vec<f64> = case["inputs"]["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_f64().unwrap())
            .collect();
        let found = match name {
            "t_sf" => student_sf(args[0], args[1]).value(),
            "t_ppf" => -student_upper_quantile(args[0], args[1]),
            "norm_sf" => normal_sf(args[0]).value(),
            "norm_ppf" => normal_quantile(args[0]),
            "chi2_sf" => chi_square_sf(args[0], args[1]).value(),
            "kstwo_sf" => two_sided_sf(args[0], args[1]).value(),
            // The limiting law of Kolmogorov is not used: the law for finite n is.
            "kolmogorov_sf" => continue,
            other => panic!("unknown function {other}"),
        };
        let mut gold = number(&case["expected"]["mpmath"]);
        if case["id"] == "dist_fn-0704" {
            // scipy has 6.285e-321; Smirnov's sum in 40 decimal digits gives 6.67864e-321.
            gold = Some(6.67864e-321);
        }
        let (expected, tolerance) = match gold {
            Some(gold) => (gold, GOLD),
            None => (number(&case["expected"]["scipy"]).unwrap(), SCIPY),
        };
        let what = format!("{name}{args:?}");
        if expected.abs() < f64::MIN_POSITIVE {
            // Below the normal doubles only a few bits are left to compare.
            check.near(&what, &case, found, expected, 2e-323);
        } else {
            check.close(&what, &case, found, expected, tolerance);
        }
    }
    check.finish(166);
}

#[test]
fn moments_and_quantiles() {
    let mut check = Check::default();
    for case in cases("two_sample") {
        for side in ["x", "y"] {
            let values = sample(&case, side);
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
                if let Some(mean) = number(&expected["mean_exact"]) {
                    check.close("mean", &case, moments.mean().unwrap(), mean, STATISTIC);
                }
                if let Some(variance) = number(&expected["var_exact"]) {
                    let found = moments.variance().unwrap();
                    if variance < f64::MIN_POSITIVE {
                        // Below the normal doubles only a few bits are left to compare.
                        check.near("variance", &case, found, variance, 5e-324);
                    } else {
                        check.close("variance", &case, found, variance, STATISTIC);
                    }
                }
            }
            let mut sorted = values;
            sorted.sort_by(f64::total_cmp);
            for (share, value) in expected["q"].as_object().unwrap() {
                let found =
                    quantile(sorted.len(), share.parse().unwrap(), |index| sorted[index]).unwrap();
                check.close("quantile", &case, found, number(value).unwrap(), STATISTIC);
            }
        }
    }
    check.finish(2721);
}

#[test]
fn welch() {
    let mut check = Check::default();
    for case in cases("two_sample") {
        let expected = &case["expected"]["welch"]["two-sided"];
        let t = number(&expected["t"]).filter(|t| t.is_finite());
        let (Some(t), x, y) = (t, sample(&case, "x"), sample(&case, "y")) else { continue };
        let Some(found) = Welch::new(&Moments::of(&x), &Moments::of(&y)) else {
            continue;
        };
        let tags = case["tags"].to_string();
        if tags.contains("huge") || tags.contains("tiny_scale") {
            // Squares of variances leave the range of doubles in scipy, which then takes df = 1.
            check.close("t", &case, found.t(), t, SCIPY);
            assert_eq!(number(&expected["df"]), Some(1.0));
            continue;
        }
        // With an offset of 1e9 scipy rounds each mean to 1e-7 before it subtracts.
        let tolerance = if tags.contains("offset") { 1e-5 } else { SCIPY };
        check.close("t", &case, found.t(), t, tolerance);
        check.close("df", &case, found.degrees, number(&expected["df"]).unwrap(), tolerance);
        check.close("p", &case, found.p().value(), number(&expected["p"]).unwrap(), tolerance);
        let (low, high) = found.interval(0.95);
        check.close("low", &case, low, number(&expected["ci95"][0]).unwrap(), tolerance);
        check.close("high", &case, high, number(&expected["ci95"][1]).unwrap(), tolerance);
    }
    check.finish(496);
}

#[test]
fn wasserstein_distance() {
    let mut check = Check::default();
    for case in cases("two_sample") {
        let (mut x, mut y) = (sample(&case, "x"), sample(&case, "y"));
        let Some(expected) = number(&case["expected"]["wasserstein"]) else { continue };
        if x.iter().chain(&y).any(|value| !value.is_finite()) {
            continue;
        }
        x.sort_by(f64::total_cmp);
        y.sort_by(f64::total_cmp);
        let found = wasserstein((x.len(), |i| x[i]), (y.len(), |i| y[i])).unwrap();
        check.close("area", &case, found, expected, 1e-11);
    }
    check.finish(118);
}

#[test]
fn categories() {
    let mut check = Check::default();
    for case in cases("categorical") {
        let counts = |side: &str| -> Vec<u64> {
            case["inputs"][side].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
        };
        let (reference, current) = (counts("ref"), counts("cur"));
        let counts = Counts::new(current.into_iter().zip(reference)).unwrap();
        let expected = &case["expected"];
        let value = |name: &str| number(&expected[name]);
        let scipy = &expected["chi2_nocorr"];
        let chi_square = counts.chi_square();
        check.close(
            "chi-square",
            &case,
            chi_square.statistic,
            number(&scipy["stat"]).unwrap(),
            1e-11,
        );
        check.close("degrees", &case, chi_square.degrees, number(&scipy["dof"]).unwrap(), 0.0);
        check.close(
            "expected",
            &case,
            chi_square.least_expected,
            number(&scipy["min_expected"]).unwrap(),
            STATISTIC,
        );
        check.close("p", &case, chi_square.p().value(), number(&scipy["p"]).unwrap(), SCIPY);
        check.close("V", &case, counts.cramers_v(), value("cramers_v").unwrap(), 1e-11);
        check.near("JS", &case, counts.jensen_shannon(), value("js_distance_base2").unwrap(), 1e-9);
        check.near("TVD", &case, counts.total_variation(), value("tvd").unwrap(), 1e-14);
        check.near(
            "PSI",
            &case,
            counts.population_stability(1e-4),
            value("psi_floor_1e-4").unwrap(),
            1e-13,
        );
    }
    check.finish(34 * 8);
}

#[test]
fn wilson_interval() {
    let mut check = Check::default();
    for case in cases("proportion") {
        let (k, n) = (case["inputs"]["k"].as_u64().unwrap(), case["inputs"]["n"].as_u64().unwrap());
        let (low, high) = wilson(k, n, normal_quantile(0.975));
        let expected = &case["expected"]["ci95_wilson"];
        check.near("low", &case, low, number(&expected[0]).unwrap(), 1e-12);
        check.near("high", &case, high, number(&expected[1]).unwrap(), 1e-12);
    }
    check.finish(38);
}

#[test]
fn multiple_testing() {
    let mut check = Check::default();
    for case in cases("multiple_testing") {
        let list = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|p| number(p).unwrap()).collect()
        };
        let p = list(&case["inputs"]["p"]);
        let expected = list(&case["expected"]["fdr_bh"]);
        for (found, expected) in benjamini_hochberg(&p).into_iter().zip(expected) {
            check.close("adjusted p", &case, found, expected, STATISTIC);
        }
    }
    check.finish(382);
}
