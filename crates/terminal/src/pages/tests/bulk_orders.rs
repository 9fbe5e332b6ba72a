//! Bulk orders and reference numbers, written with sample data.

use api::bulk::{BulkOrder, BulkOrders};
use api::reference_number::ReferenceNumberHolder;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request};
use http_body_util::channel::Channel;
use ui::language::Language;

use super::{Written, fault, staff};
use crate::pages::Staff;
use crate::pages::bulk::{Typed, bulk_page, read};
use crate::pages::reference_numbers::{NumberForm, numbers_page};

/// How many pages there are here.
pub(super) const PAGES: usize = 7;

fn order(kind: &str, state: &str, errors: u32) -> BulkOrder {
    let is_done = state == "done";
    BulkOrder {
        accepted_at: "2026-11-23T00:15:02.000000Z".into(),
        account: "uketsuke <b>".into(),
        done: 300,
        downloads_left: 20,
        errors,
        failure: None,
        finished_at: is_done.then(|| "2026-11-23T00:15:09.000000Z".into()),
        kept_until: is_done.then(|| "2026-12-23T00:15:09.000000Z".into()),
        kind: kind.into(),
        lines: 500,
        reception_number: "R2026112300000020".into(),
        state: state.into(),
        visit_date: "2026-11-23".into(),
    }
}

pub(super) fn of_bulk_orders(staff: &Staff, written: &mut Written) {
    let orders = BulkOrders {
        next: Some("R2026112300000021".into()),
        orders: vec![
            order("checks", "open", 0),
            order("reference_numbers", "done", 2),
            order("checks", "done", 0),
            order("medical_aid", "listing", 0),
            order("home_visits", "failed", 0),
            order("remote_care", "expired", 0),
        ],
    };
    let frame = || staff.frame("/bulk");
    let none = BulkOrders::default();
    written.add("bulk", &bulk_page(frame(), orders, &Typed::default(), &[]));
    written.add(
        "bulk-none",
        &bulk_page(frame(), none.clone(), &Typed::default(), &[]),
    );
    let faults = [fault("file"), fault("visit_date"), fault("kind")];
    written.add(
        "bulk-errors",
        &bulk_page(frame(), none, &Typed::default(), &faults),
    );
    let frame = || staff.frame("/reference-numbers");
    let form = NumberForm::default();
    written.add("numbers", &numbers_page(frame(), &form, None, &[]));
    let faults = [fault("reference_number"), fault("branch")];
    written.add(
        "numbers-errors",
        &numbers_page(frame(), &form, None, &faults),
    );
    for (outcome, number, was) in [
        ("changed", Some("000124"), Some("000123")),
        ("found", None, None),
    ] {
        let found = ReferenceNumberHolder {
            kana: Some("ｼｶｸ ﾀﾛｳ".into()),
            name: "髙﨑 <b>".into(),
            outcome: outcome.into(),
            reference_number: number.map(str::to_owned),
            was: was.map(str::to_owned),
        };
        let page = numbers_page(frame(), &form, Some(found), &[]);
        written.add(&format!("numbers-{outcome}"), &page);
    }
}

#[test]
fn older_orders_are_a_page_further() {
    let staff = staff(Language::Japanese, "general");
    for (next, expected) in [(Some("R2026112300000021"), true), (None, false)] {
        let orders = BulkOrders {
            next: next.map(str::to_owned),
            orders: vec![order("checks", "done", 0)],
        };
        let page = bulk_page(staff.frame("/bulk"), orders, &Typed::default(), &[]);
        let page = page.render().unwrap();
        let link = "href=\"/bulk?after=R2026112300000021\"";
        assert_eq!(page.contains(link), expected);
    }
}

#[test]
fn every_kind_the_manual_has_chosen_is_an_option() {
    let staff = staff(Language::Japanese, "general");
    let none = BulkOrders::default();
    let page = bulk_page(staff.frame("/bulk"), none, &Typed::default(), &[]);
    let options: Vec<&str> = page.kind.options.iter().map(|it| &*it.label).collect();
    let manual = include_str!("../../../manuals/bulk.md");
    let mut named = Vec::new();
    for after in manual.split("種類").skip(1) {
        let Some((chosen, _)) = after.split_once("を選") else {
            continue;
        };
        let kinds = chosen.split('「').skip(1);
        named.extend(kinds.filter_map(|it| it.split('」').next()));
    }
    for kind in &named {
        assert!(options.contains(kind), "{kind}");
    }
    assert_eq!(named.len(), options.len(), "{named:?}");
}

#[tokio::test]
async fn kind_and_day_stay_where_the_file_is_missing_or_too_large() {
    let staff = staff(Language::Japanese, "general");
    // Larger than a form may be where nothing else is said.
    let large = "0".repeat(3 << 20);
    for (file, code) in [("", "required"), (large.as_str(), "form_too_large")] {
        let head =
            |name: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        let before = [
            head("kind"),
            "reference_numbers\r\n".into(),
            head("visit_date"),
            "令和8年11月23日\r\n".into(),
            head("file"),
        ];
        let (before, file) = (before.concat(), format!("{file}\r\n--b--\r\n"));
        let (mut sender, body) = Channel::<Bytes>::new(1);
        let request = Request::post("/bulk")
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::new(body))
            .unwrap();
        let sent = Multipart::from_request(request, &()).await.unwrap();
        // In parts, as a network brings it.
        let sending = async move {
            let _ = sender.send_data(before.into()).await;
            let _ = sender.send_data(file.into()).await;
        };
        let mut typed = Typed::default();
        let (file, ()) = tokio::join!(read(sent, &mut typed, &staff.words), sending);
        let fault = file.unwrap_err();
        assert_eq!(fault.code, code);
        let faults = [("file".to_owned(), fault)];
        let page = bulk_page(staff.frame("/bulk"), BulkOrders::default(), &typed, &faults);
        let page = page.render().unwrap();
        assert!(page.contains("value=\"令和8年11月23日\""), "{code}");
        assert!(
            page.contains("<option value=\"reference_numbers\" selected>"),
            "{code}"
        );
    }
}
