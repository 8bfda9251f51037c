//! Laws of the key histogram: counts add up, bounds hold the truth, and a second look finds it.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Collector, Counter, Curves, Detail, KeyHistogram, Layout, Search, Tally, gap_bounds};
use crate::column::float_key;
use crate::stats::largest_gap;

/// Samples of many shapes: around zero, far from it, with ties, heavy tails, a constant, a counter.
fn sample() -> impl Strategy<Value = Vec<u64>> {
    let key = prop_oneof![
        (-3.0..3.0_f64).prop_map(float_key),
        (90.0..110.0_f64).prop_map(float_key),
        (0..5_i32).prop_map(|value| float_key(f64::from(value))),
        (-300.0..300.0_f64).prop_map(|power| float_key(10_f64.powf(power))),
        (0..1_000_u64).prop_map(|value| (1 << 63) + 1_700_000_000_000_000 + value),
        any::<u64>(),
    ];
    let shaped =
        |range: std::ops::Range<f64>| prop::collection::vec(range.prop_map(float_key), 1..400);
    prop_oneof![
        prop::collection::vec(key, 1..400),
        shaped(-1.0..1.0),
        shaped(99.0..101.0),
        shaped(1.7e9..1.7e9 + 10.0),
        prop::collection::vec((0..4_u64).prop_map(|value| (1 << 63) + value), 1..400),
    ]
}

fn sorted(keys: &[u64]) -> Vec<u64> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys
}

fn counted(layout: &Arc<Layout>, keys: &[u64]) -> Tally {
    let mut tally = Tally::new(Arc::clone(layout));
    tally.add(keys);
    tally
}

/// A layout that is too coarse for the data in places: learnt from other data.
fn layout(of: &[u64]) -> Arc<Layout> {
    Arc::new(Layout::learn(&KeyHistogram::of_sorted(&sorted(of)), Detail::Coarse))
}

proptest! {
    #[test]
    fn counts_of_two_streams_add_up(one in sample(), two in sample(), other in sample()) {
        for layout in [layout(&other), Arc::new(Layout::leading_bits())] {
            let mut sum = counted(&layout, &one);
            sum.merge(&counted(&layout, &two));
            let both = counted(&layout, &[one.clone(), two.clone()].concat());
            prop_assert_eq!(sum.finish(), both.finish());
        }
    }

    #[test]
    fn cells_ascend_with_their_keys(keys in sample(), other in sample()) {
        let layout = layout(&other);
        let cells: Vec<usize> = sorted(&keys).iter().map(|key| layout.cell_of(*key)).collect();
        prop_assert!(cells.is_sorted());
        prop_assert!(cells.iter().all(|cell| *cell < layout.cells()));
    }

    #[test]
    fn parts_of_cells_are_the_cells_of_a_finer_layout(keys in sample(), other in sample(), bits in 1..6_u32) {
        let layout = layout(&other);
        let finer = layout.finer(bits);
        for key in keys {
            let (cell, part) = (layout.cell_of(key), finer.cell_of(key));
            prop_assert!(layout.parts(cell, &finer).contains(&part));
            for (layout, cell) in [(&*layout, cell), (&finer, part)] {
                let (low, high) = layout.ends(cell);
                prop_assert!(low <= key && key <= high);
                prop_assert!([low, high].iter().all(|end| layout.cell_of(*end) == cell));
            }
        }
    }

    #[test]
    fn bounds_hold_ranks_and_quantiles(keys in sample(), more in sample(), other in sample()) {
        let mut histogram = counted(&layout(&other), &keys).finish();
        histogram.merge(&counted(&layout(&keys), &more).finish());
        let all = sorted(&[keys, more].concat());
        let curves = Curves::of(&histogram);
        prop_assert_eq!(curves.total(), all.len() as u64);
        for (position, &key) in all.iter().enumerate() {
            let (low, high) = curves.position(position as u64).unwrap();
            prop_assert!(low <= key && key <= high);
            for near in [key.saturating_sub(1), key] {
                let rank = all.partition_point(|other| *other <= near) as u64;
                let (least, most) = curves.rank(near);
                prop_assert!(least <= rank && rank <= most);
                prop_assert!(most - least <= curves.uncertainty());
            }
        }
    }

    #[test]
    fn bounds_hold_the_gap_and_a_second_look_finds_it(
        one in sample(), two in sample(), other in sample(), most_values in 0..200_u64,
        refinements in prop::collection::vec(1..6_u32, 0..3)
    ) {
        let truth = largest_gap(&sorted(&one), &sorted(&two)).unwrap();
        let layout = layout(&other);
        let histograms = [&one, &two].map(|keys| counted(&layout, keys).finish());
        let bounds = gap_bounds(&Curves::of(&histograms[0]), &Curves::of(&histograms[1])).unwrap();
        prop_assert!(bounds.least.above <= truth.above && bounds.least.below <= truth.below);
        prop_assert!(truth.above.max(truth.below) <= bounds.most);
        let mut search = Search::new(&layout, [&histograms[0], &histograms[1]], &bounds);
        let found = search.bounds();
        prop_assert!(found.least.distance() <= truth.distance());
        prop_assert!(truth.above.max(truth.below) <= found.most);
        let mut layout = layout;
        for bits in refinements {
            let finer = Arc::new(layout.finer(bits));
            let counters = [&one, &two].map(|keys| {
                let mut counter = Counter::new(Arc::clone(&finer));
                counter.add(keys);
                counter
            });
            search.refine(&layout, &finer, [&counters[0], &counters[1]]);
            layout = finer;
            prop_assert!(search.bounds().least.distance() <= truth.distance());
            prop_assert!(truth.above.max(truth.below) <= search.bounds().most);
        }
        loop {
            // However few values are looked at in a round, nearly the most promising cells are among them.
            let open = match search.open(most_values) {
                few if few.is_empty() => search.open(u64::MAX),
                some => some,
            };
            if open.is_empty() {
                break;
            }
            let fetched = [(0, &one), (1, &two)].map(|(side, keys)| {
                let wanted = open.iter().map(|(cell, counts)| (*cell, counts[side]));
                let mut collector = Collector::new(Arc::clone(&layout), wanted);
                collector.add(keys);
                collector.finish().unwrap()
            });
            search.look(&open, [&fetched[0], &fetched[1]]);
        }
        let exact = search.bounds();
        prop_assert!(exact.is_exact());
        prop_assert_eq!(exact.most, truth.above.max(truth.below));
        if let Some(at) = exact.least.at {
            let share = |keys: &[u64]| keys.iter().filter(|key| **key <= at).count() as f64 / keys.len() as f64;
            prop_assert!(((share(&one) - share(&two)).abs() - truth.distance()).abs() < 1e-12);
        }
    }
}

#[test]
fn an_offset_costs_no_precision() {
    let keys: Vec<u64> =
        (0..200_000).map(|i| float_key(100.0 + (f64::from(i) * 0.618).sin() * 10.0)).collect();
    let layout = layout(&keys[..20_000]);
    let curves = Curves::of(&counted(&layout, &keys).finish());
    assert!(curves.uncertainty() < 200, "{}", curves.uncertainty());
}

/// A sample of sorted data is that of a few stretches of it.
#[test]
fn gaps_in_the_sample_cost_little_precision() {
    let keys: Vec<u64> =
        (0..1_000_000_u64).map(|i| (1 << 63) + 1_700_000_000 + i * 1_009).collect();
    let sample: Vec<u64> =
        (0..10).flat_map(|stretch| keys[stretch * 100_000..][..3_000].to_vec()).collect();
    let curves = Curves::of(&counted(&layout(&sample), &keys).finish());
    assert!(curves.uncertainty() < 300, "{}", curves.uncertainty());
}

#[test]
fn a_column_of_few_values_is_exact() {
    let keys: Vec<u64> = (0..100_000_u64).map(|i| (1 << 63) + i % 1_000).collect();
    let histogram = counted(&layout(&keys[..5_000]), &keys).finish();
    assert!(histogram.is_exact());
    assert_eq!(histogram, KeyHistogram::of_sorted(&sorted(&keys)));
}

#[test]
fn merging_keeps_the_number_of_cells_bounded() {
    let mut whole = KeyHistogram::default();
    for part in 0..4_u64 {
        let keys: Vec<u64> = (0..30_000).map(|i| (1 << 62) + i * 1_009 + part).collect();
        whole.merge(&KeyHistogram::of_sorted(&keys));
    }
    assert!(whole.cells().len() <= 1 << 16);
    assert_eq!(whole.total(), 120_000);
}

#[test]
fn a_collector_sees_that_the_data_changed() {
    let layout = Arc::new(Layout::leading_bits());
    let wanted = || [(layout.cell_of(5), 2)].into_iter();
    let collected = |keys: &[u64]| {
        let mut collector = Collector::new(Arc::clone(&layout), wanted());
        collector.add(keys);
        collector.finish()
    };
    assert_eq!(collected(&[7, 5, u64::MAX]), Some(vec![5, 7]));
    assert_eq!(collected(&[5, u64::MAX]), None);
}
