//! Whatever is sent, the card answers with a status word, and signs nothing before it was opened.

use proptest::collection::vec;
use proptest::prelude::*;
use synthetic::card::case::Case;

use crate::tray::card;

/// Commands near those the card knows.
fn command() -> impl Strategy<Value = Vec<u8>> {
    let near = (
        prop::sample::select(vec![0x00_u8, 0x80]),
        prop::sample::select(vec![
            0x20_u8, 0x2a, 0x82, 0x84, 0xa4, 0xb0, 0xb2, 0xc0, 0xca, 0xfc,
        ]),
        any::<[u8; 2]>(),
        vec(any::<u8>(), 0..40),
    );
    let near = near.prop_map(|(class, instruction, parameters, rest)| {
        [&[class, instruction][..], &parameters, &rest].concat()
    });
    let selection = prop::sample::select(vec![
        crate::tray::hex("00A4040C0AD392F000260100000001"),
        crate::tray::hex("00A4040C0AD3921000310001010402"),
        crate::tray::hex("00A4040C0AD3921000310001010408"),
        crate::tray::hex("00A4040C0AD3921000310001010100"),
        crate::tray::hex("00A4020C020017"),
        crate::tray::hex("00A4020C020012"),
        crate::tray::hex("00A4020C020001"),
    ]);
    prop_oneof![2 => selection, 3 => near, 1 => vec(any::<u8>(), 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_answer_ends_with_a_status_word(commands in vec(command(), 1..200)) {
        let mut card = card(Case::Clone);
        for apdu in commands {
            let answer = card.transmit(&apdu);
            let status = answer.last_chunk::<2>().copied().unwrap_or_default();
            prop_assert!(matches!(status[0], 0x61..=0x6f | 0x90));
            // Nobody knows the PINs, and the copy lacks the only key that needs none.
            prop_assert!(answer.len() != 258 || apdu.get(1) != Some(&0x2a));
        }
    }
}
