//! The rule of the flags and numbers, as the header states it.

use super::prototypes::{constants, structures, Constant};
use std::collections::{BTreeMap, BTreeSet};

fn header() -> String {
    let read = |name| std::fs::read_to_string(super::root().join("include").join(name)).unwrap();
    read("etcd.h") + &read("etcd-admin.h")
}

/// The flags of a header: unsigned, one bit.
fn flags<'a, 'h>(all: &'a [Constant<'h>]) -> impl Iterator<Item = &'a Constant<'h>> {
    all.iter().filter(|flag| {
        flag.text.starts_with("0x") && flag.is_unsigned() && !flag.name.contains("VERSION")
    })
}

/// The family of a flag: ETCD_GET_ and ETCD_PUT_ and ETCD_COMPACT_ are of one.
fn family(name: &str) -> &str {
    let family = name.split('_').nth(1).unwrap();
    if ["GET", "PUT", "COMPACT"].contains(&family) {
        "KV"
    } else {
        family
    }
}

/// Numbers that go into one field, by the beginning of their names.
fn enumeration(name: &str) -> Option<&str> {
    const ALL: [&str; 9] = [
        "ETCD_EVENT_",
        "ETCD_SORT_BY_",
        "ETCD_SORT_",
        "ETCD_TARGET_",
        "ETCD_COMPARE_",
        "ETCD_BRANCH_",
        "ETCD_WATCH_RESPONSE_",
        "ETCD_KV_",
        "ETCD_CONNECTION_",
    ];
    ALL.into_iter().find(|start| name.starts_with(start))
}

#[test]
fn flags_stand_where_the_header_says() {
    let header = header();
    let all = constants(&header);
    let mut seen: BTreeMap<(&str, i64), &str> = BTreeMap::new();
    let mut count = 0;
    for flag in flags(&all) {
        let (name, bit) = (flag.name, flag.value().trailing_zeros());
        count += 1;
        assert_eq!(flag.value().count_ones(), 1, "{name}");
        assert!(bit >= 8, "{name}: bits 0 to 7 are never a flag");
        let of_client = name.starts_with("ETCD_CLIENT_");
        assert_eq!(of_client, bit >= 30, "{name}");
        let family = if bit < 16 { "" } else { family(name) };
        let other = seen.insert((family, flag.value()), name);
        assert_eq!(other, None, "{name} has the bit of another");
    }
    assert!(count > 20, "{count}");
}

#[test]
fn no_number_is_taken_for_one_of_another_sort() {
    let header = header();
    let all = constants(&header);
    let mut seen: BTreeMap<i64, (&str, &str)> = BTreeMap::new();
    for number in &all {
        let Some(enumeration) = enumeration(number.name) else { continue };
        let value = number.value();
        assert!((0..256).contains(&value), "{} could be a flag", number.name);
        // 0 is the default of every field.
        if value == 0 {
            continue;
        }
        if let Some((other, name)) = seen.insert(value, (enumeration, number.name)) {
            panic!("{}: {name} of {other} is {value} too", number.name);
        }
    }
    assert!(seen.len() > 30, "{}", seen.len());
}

#[test]
fn positive_statuses_are_no_results_of_the_classic_calls() {
    let classic = std::fs::read_to_string(super::root().join("include/etcd-api.h")).unwrap();
    let (header, classic) = (header(), classic);
    let all = constants(&header);
    let results = constants(&classic);
    let results: Vec<_> = results.iter().filter(|result| result.name != "ETCD_OK").collect();
    assert!(results.len() == 2);
    for status in
        all.iter().filter(|status| ["ETCD_EMPTY", "ETCD_WOKEN", "ETCD_END"].contains(&status.name))
    {
        assert!(status.value() >= 10, "{}", status.name);
        assert!(results.iter().all(|result| result.value() != status.value()));
    }
}

#[test]
fn no_two_names_differ_only_in_the_order_of_their_words() {
    let header = header();
    let mut seen: BTreeMap<Vec<&str>, &str> = BTreeMap::new();
    for constant in constants(&header) {
        let mut words: Vec<_> = constant.name.split('_').collect();
        words.sort_unstable();
        assert_eq!(seen.insert(words, constant.name), None, "{}", constant.name);
    }
}

/// A caller of a later version may leave anything in padding, which would then be refused.
#[test]
fn options_have_no_padding_and_grow_by_eight_bytes() {
    let header = header();
    let all = structures(&header);
    let size = |of: &str| match of {
        _ if of.ends_with('*') || of.ends_with("_cb") => (8, 8),
        "etcd_bytes_t" => (16, 8),
        "size_t" | "int64_t" | "uint64_t" => (8, 8),
        "int32_t" | "uint32_t" | "etcd_status_t" => (4, 4),
        other => panic!("{other} in options"),
    };
    let sized = all.iter().filter(|structure| structure.fields[0] == ("size_t", "size"));
    let mut names = BTreeSet::new();
    for structure in sized {
        let mut at = 0;
        for (of, field) in &structure.fields {
            let (bytes, align) = size(of);
            assert_eq!(at % align, 0, "{}: a hole before {field}", structure.name);
            at += bytes;
        }
        assert_eq!(at % 8, 0, "{}: a hole at the end", structure.name);
        names.insert(structure.name);
    }
    assert!(names.len() > 9, "{names:?}");
}
