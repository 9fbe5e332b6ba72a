//! The certificate's pages with sample data.

use domain::institution_code::InstitutionCode;
use pki::identity::Holder;
use ui::component::{Checkbox, Fact};

use super::*;
use crate::certificates::{Doubt, Installation, Question};
use crate::pages::certificates::{CertificatePage, Renewal, backup, install, renew};

fn fact() -> Fact {
    Fact {
        label: "A".into(),
        text: "B".into(),
        meaning: "C".into(),
    }
}

fn proof() -> TextField {
    TextField::new("terminal_password", "P".into())
}

pub(super) fn of_the_certificate(staff: &Staff, written: &mut Written) {
    let visitor = Visitor {
        windows: Vec::new(),
        words: staff.words.clone(),
        key: None,
        lock: Head::default(),
    };
    for administrator in [true, false] {
        let page = CertificatePage {
            frame: staff.frame("/certificates"),
            facts: vec![fact()],
            administrator,
            renewal: if administrator {
                Renewal::Possible
            } else {
                Renewal::Later
            },
            put_away: true,
            lost: Checkbox {
                name: "accepted",
                label: "A".into(),
                support: "B".into(),
                value: "1".into(),
                checked: false,
            },
        };
        written.add(&format!("certificate-{administrator}"), &page);
    }
    let faults = [
        fault("request_id"),
        fault("password_again"),
        fault("compared"),
    ];
    let typed = install::InstallForm::default();
    let general = Some(fault("x").1);
    let frame = visitor.frame(install::HERE);
    let page = install::install_page(
        frame,
        "AB12 CD34".into(),
        &typed,
        Some(proof()),
        general,
        &faults,
    );
    written.add("certificate-install", &page);
    let page = install::file_page(
        visitor.frame(install::FILE),
        Some(proof()),
        Some(fault("x").1),
        &[fault("file")],
    );
    written.add("certificate-file", &page);
    let holder = Holder {
        facility: InstitutionCode::parse("1319999999").unwrap(),
        terminal: "受付 <b>".into(),
        not_before: Instant::from_micros(0),
        not_after: Instant::from_micros(0),
        fingerprint: [0; 32],
    };
    for (name, doubt) in [
        ("certificate-step-back", Doubt::StepBack),
        ("certificate-other-terminal", Doubt::OtherTerminal),
    ] {
        let asked = Question {
            doubt,
            offered: holder.clone(),
            present: holder.clone(),
            file: Some("/home/onshi/<fill this in>.p12".into()),
            token: "0123".into(),
        };
        let page = install::question_page(visitor.frame(install::FILE), asked);
        written.add(name, &page);
    }
    let installed = Installation {
        holder,
        file: Some("/home/onshi/<fill this in>.p12".into()),
    };
    let page = install::InstalledPage {
        frame: staff.frame(install::HERE),
        facts: install::facts(&installed, &staff.words),
        signed_in: true,
    };
    written.add("certificate-installed", &page);
    let page = renew::renew_page(
        staff.frame(renew::HERE),
        Some(fault("x").1),
        &[fault("password")],
    );
    written.add("certificate-renew", &page);
    for files in [vec![], vec!["<fill this in>.p12".to_owned()]] {
        let name = format!("certificate-backup-{}", files.len());
        let choices = backup::Choices {
            downloads: "/home/<b>".into(),
            places: files.iter().map(|_| "/media/stick".to_owned()).collect(),
            files,
        };
        let faults = [fault("file"), fault("place"), fault("password")];
        let form = backup::BackupForm::default();
        let page = backup::backup_page(staff.frame(backup::HERE), choices, &form, &faults);
        written.add(&name, &page);
    }
}
