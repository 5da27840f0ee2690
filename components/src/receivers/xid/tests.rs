// SPDX-License-Identifier: Apache-2.0

use tracecore_schema::Scalar as _;

use super::{ALARMING, Action, CATALOGUE_VERSION, action};

/// NVIDIA's immediate action per code, typed in from its Xid catalogue (2026, driver branch 595)
/// in the words of that list, apart from the code that answers.
const LIST: &[(Action, &str)] = &[
    (Action::ResetGpu, "46 62 64 95 109 110 119 120 136 140 143 155 156 158"),
    (Action::RestartMachine, "79"),
    (Action::Workflow, "45 48 74 144-150 154"),
    (
        Action::RestartApplication,
        "8 11 13 25 31 32 39-41 60 68-72 75-77 80 82-86 88 89 94 96-105 126-135 139",
    ),
    (Action::CheckMechanics, "54"),
    (Action::UpdateSoftware, "78"),
    (Action::RestartVm, "151"),
    (Action::CheckUvm, "159"),
    (Action::Ignore, "14 37 38 43 44 63 66 67 92 93 106-108 121 137 141 152 153 157 160 161"),
    (Action::ContactSupport, "142"),
    (Action::Unspecified, "162-176"),
];

fn codes(list: &str) -> impl Iterator<Item = u32> + '_ {
    list.split(' ').flat_map(|item| {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        number(first)..=number(last)
    })
}

#[test]
fn each_code_calls_for_what_the_list_says() {
    let mut listed = std::collections::BTreeMap::new();
    for (expected, list) in LIST {
        for code in codes(list) {
            assert_eq!(listed.insert(code, *expected), None, "{code} stands in the list twice");
        }
    }
    assert_eq!(listed.len(), 115);
    assert_eq!(listed.keys().next_back(), Some(&176));
    for code in (0..1000).chain([u32::MAX]) {
        let expected = listed.get(&code).copied().unwrap_or(Action::Unspecified);
        assert_eq!(action(code), expected, "{code}");
    }
}

#[test]
fn the_alarming_codes_are_those_of_an_alarming_action() {
    let expected: Vec<u32> = (0..=1000).filter(|code| action(*code).is_alarming()).collect();
    assert_eq!(ALARMING, expected);
    assert!(ALARMING.contains(&79) && !ALARMING.contains(&43));
}

#[test]
fn an_action_is_written_alike_in_attributes_and_in_pipeline_files() {
    for action in Action::ALL {
        assert_eq!(action.name(), action.show());
    }
    assert!(!CATALOGUE_VERSION.is_empty());
}
