//! The pages of rotation, recovery and second factor, with sample data.

use api::rotation::Rotation;
use domain::password::Password;

use super::*;

fn rotation(account: &str, kind: &str, stage: &str) -> Rotation {
    Rotation {
        account: account.into(),
        asked_at: Some("2026-11-23T03:00:00.000000Z".into()),
        asked_by: Some("kanri".into()),
        changed_at: Some("2026-11-23T03:00:00.000000Z".into()),
        display_name: "連携 <b>".into(),
        kind: kind.into(),
        stage: stage.into(),
    }
}

pub(super) fn of_access(staff: &Staff, written: &mut Written) {
    let rotations = vec![
        rotation("link_app", "link_app", "asked"),
        rotation("karte", "web_api", "registered"),
        rotation("reader", "reader", "done"),
        rotation("reader2", "reader", "none"),
        rotation("reader3", "reader", "withdrawn"),
    ];
    let part = rotations::part(rotations, &staff.words);
    let page = rotations::RotationsPage {
        frame: staff.frame("/rotations"),
        live: part.render().unwrap(),
        terminal_user: Some("OqsUser".into()),
    };
    written.add("rotations", &page);
    let password = Password::generate(&[3; 40]);
    let frame = staff.frame("/rotations");
    let fault = Some(fault("typed").1);
    let page = rotations::terminal_user::made_page(frame, "OqsUser".into(), &password, fault);
    written.add("rotation-terminal-user", &page);
}
