//! The issue notice (電子証明書取得発行通知書, G08) as a page to print. Made once, by the operator's own command; no listener shows it.

use askama::Template;

use crate::enroll::{Enrolled, FirstAccount};

/// One line of the notice, in Japanese and English.
pub(crate) struct Line<'a> {
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
    pub(crate) value: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Page<'a> {
    lines: Vec<Line<'a>>,
    validity: (String, String),
    secret_number: &'a str,
    accounts: &'a [FirstAccount],
    code: &'a str,
}

/// The notice as an HTML file that needs no other: its block of data, what to do, and the first accounts on a sheet of their own.
///
/// # Errors
/// The template's.
pub fn page(enrolled: &Enrolled) -> Result<String, askama::Error> {
    Page {
        lines: lines(enrolled),
        validity: validity(enrolled),
        secret_number: &enrolled.secret_number,
        accounts: &enrolled.accounts,
        code: &enrolled.code,
    }
    .render()
}

/// The notice's block of data.
pub(crate) fn lines(enrolled: &Enrolled) -> Vec<Line<'_>> {
    let line = |ja, en, value| Line { ja, en, value };
    vec![
        line("発行者", "Issuer", &enrolled.issuer),
        line("発行先", "Issued to", &enrolled.code),
        line("端末名称等", "Terminal", &enrolled.terminal),
        line("リクエストID", "Request ID", &enrolled.request_id),
        line("リファレンスID", "Reference ID", &enrolled.reference_id),
        line(
            "電子証明書ダウンロードサイト",
            "Download site",
            &enrolled.download_site,
        ),
        line(
            "電子証明書ダウンロードサイト有効期限",
            "Download until",
            &enrolled.download_until,
        ),
        line(
            "ルート証明書のフィンガープリント（SHA-256）",
            "Fingerprint of the root certificate (SHA-256)",
            &enrolled.root_fingerprint,
        ),
    ]
}

/// How long the certificate is valid from its download, in Japanese and English.
pub(crate) fn validity(enrolled: &Enrolled) -> (String, String) {
    let (years, months) = (enrolled.validity_months / 12, enrolled.validity_months % 12);
    (
        format!("ダウンロードした日から{years}年{months}か月"),
        format!("{years} years and {months} months from the download"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_holds_every_member_and_escapes_what_was_typed() {
        let enrolled = Enrolled {
            issuer: "onshi issuing CA".into(),
            root_fingerprint: "AB12 CD34".into(),
            code: "1319999999".into(),
            terminal: "受付<1>".into(),
            request_id: "AAAA-BBBB-CCCC".into(),
            reference_id: "DDDD-EEEE-FFFF-GGGG-HHHH".into(),
            validity_months: 39,
            download_until: "2027-05-24".into(),
            download_site: "https://center.example:8444/".into(),
            is_nameless: false,
            secret_number: "JJJJ-KKKK-LLLL-MMMM-NNNN".into(),
            accounts: vec![FirstAccount {
                kind: "master".into(),
                id: "master".into(),
                password: "Aa1-<>".into(),
            }],
        };
        let html = page(&enrolled).unwrap();
        for text in [
            "電子証明書取得発行通知書",
            "onshi issuing CA",
            "AB12 CD34",
            "1319999999",
            "受付&#60;1&#62;",
            "AAAA-BBBB-CCCC",
            "DDDD-EEEE-FFFF-GGGG-HHHH",
            "3年3か月",
            "2027-05-24",
            "https://center.example:8444/",
            "Aa1-&#60;&#62;",
            "JJJJ-KKKK-LLLL-MMMM-NNNN",
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("<script"));
        // The clinic reads the kind as its own pages say it, not as a shell does.
        let kind = "<td>マスタ<span lang=\"en\">master</span></td>";
        assert!(html.contains(kind), "{html}");
    }
}
