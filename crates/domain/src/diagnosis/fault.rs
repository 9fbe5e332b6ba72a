//! The faults an examination can name: where each lies in the guide's chain, what else it may be, what to do. The one table of page, shell
//! and report.

mod rows;

use crate::diagnosis::Step;
use crate::equipment::Part;
use crate::named::named;

named! {
    /// A fault.
    ///
    /// ```
    /// use domain::diagnosis::fault::Fault;
    /// use domain::equipment::Part;
    /// assert_eq!(Fault::RouterSilent.part(), Part::Router);
    /// assert_eq!(Fault::parse("clock_wrong"), Some(Fault::ClockWrong));
    /// ```
    Fault {
        /// The card reader is not found.
        ReaderUnplugged = "reader_unplugged";
        /// Only card readers of other names than the settings' are connected.
        ReaderOfOtherName = "reader_of_other_name";
        /// The keypad for PINs is not found.
        KeypadUnplugged = "keypad_unplugged";
        /// The card reader service (pcscd) does not run.
        ReaderServiceDown = "reader_service_down";
        /// The card reader service writes PINs into its log.
        ReaderServiceLogsPins = "reader_service_logs_pins";
        /// The patients' screen (onshi kiosk) does not run.
        KioskNotRunning = "kiosk_not_running";
        /// The settings file of the patients' screen is not good.
        KioskSettings = "kiosk_settings";
        /// The terminal software (onshi terminal) does not run.
        TerminalNotRunning = "terminal_not_running";
        /// Another program answers at the address of the terminal's pages.
        TerminalPortTaken = "terminal_port_taken";
        /// The settings file of the terminal is not good.
        TerminalSettings = "terminal_settings";
        /// The terminal's data folder is missing.
        DataFolderMissing = "data_folder_missing";
        /// The terminal's data folder cannot be written.
        DataFolderReadOnly = "data_folder_read_only";
        /// The disk is full.
        DiskFull = "disk_full";
        /// The PC's clock is wrong.
        ClockWrong = "clock_wrong";
        /// The electronic certificate is not on this PC.
        CertificateMissing = "certificate_missing";
        /// The electronic certificate cannot be read.
        CertificateUnreadable = "certificate_unreadable";
        /// The certificate brought in is no facility's.
        CertificateOfOtherKind = "certificate_of_other_kind";
        /// The electronic certificate has expired.
        CertificateExpired = "certificate_expired";
        /// The center's root certificate cannot be read.
        RootUnreadable = "root_unreadable";
        /// The center's name is not known.
        NameUnknown = "name_unknown";
        /// The name server (DNS) does not answer.
        NameServerSilent = "name_server_silent";
        /// No network cable is connected.
        CableUnplugged = "cable_unplugged";
        /// The PC has no way out of the local network.
        NoAddress = "no_address";
        /// The router does not answer.
        RouterSilent = "router_silent";
        /// Beyond the router, the center is out of reach.
        CenterOutOfReach = "center_out_of_reach";
        /// The center's machine answers but takes no connection.
        CenterRefusesConnection = "center_refuses_connection";
        /// The center takes the connection and says nothing.
        CenterSilent = "center_silent";
        /// Whoever answers is not the center of our root certificate.
        CenterNotOurs = "center_not_ours";
        /// The center's certificate bears another name than the settings.
        CenterOfOtherName = "center_of_other_name";
        /// The center's own certificate has expired.
        CenterCertificateExpired = "center_certificate_expired";
        /// The electronic certificate was revoked.
        CertificateRevoked = "certificate_revoked";
        /// The center does not accept the electronic certificate.
        CertificateNotAccepted = "certificate_not_accepted";
        /// The center reports trouble of its own.
        CenterTrouble = "center_trouble";
        /// The center refuses the sign-in.
        SignInRefused = "sign_in_refused";
        /// The link app (onshi gateway) does not run.
        LinkAppNotRunning = "link_app_not_running";
        /// The settings file of the link app is not good.
        LinkAppSettings = "link_app_settings";
        /// A folder of the receipt computer is missing.
        FolderMissing = "folder_missing";
        /// A folder of the receipt computer cannot be written.
        FolderReadOnly = "folder_read_only";
        /// The disk of a folder of the receipt computer is full.
        FolderFull = "folder_full";
        /// The folders and the work folder lie on different file systems.
        FoldersOnOtherDisks = "folders_on_other_disks";
        /// The receipt computer does not take its results.
        ResultsNotTaken = "results_not_taken";
    }
}

/// What a fault is and what to do about it, in both languages: (Japanese, English).
///
/// ```
/// use domain::diagnosis::fault::Fault;
/// assert!(Fault::DiskFull.texts().what.1.contains("full"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts {
    /// What is wrong.
    pub what: (&'static str, &'static str),
    /// What to do.
    pub remedy: (&'static str, &'static str),
}

impl Fault {
    /// The step at which it shows.
    #[must_use]
    pub fn step(self) -> Step {
        rows::row(self).step
    }

    /// The part it lies in.
    #[must_use]
    pub fn part(self) -> Part {
        rows::row(self).part
    }

    /// Other parts in which its cause may lie.
    #[must_use]
    pub fn suspects(self) -> &'static [Part] {
        rows::row(self).suspects
    }

    /// What it is, and what to do.
    #[must_use]
    pub fn texts(self) -> Texts {
        rows::row(self).texts
    }

    /// Whether another fault is there because of this one.
    #[must_use]
    pub fn explains(self, other: Self) -> bool {
        self.consequences().contains(&other)
    }

    fn consequences(self) -> &'static [Self] {
        match self {
            Self::ClockWrong => &[
                Self::CertificateExpired,
                Self::CenterCertificateExpired,
                Self::CertificateNotAccepted,
            ],
            Self::CableUnplugged => &[
                Self::NoAddress,
                Self::RouterSilent,
                Self::NameServerSilent,
                Self::NameUnknown,
                Self::CenterOutOfReach,
            ],
            Self::NoAddress | Self::RouterSilent => &[
                Self::NameServerSilent,
                Self::NameUnknown,
                Self::CenterOutOfReach,
            ],
            Self::CertificateExpired => &[Self::CertificateNotAccepted],
            Self::CertificateMissing
            | Self::CertificateUnreadable
            | Self::CertificateOfOtherKind
            | Self::RootUnreadable
            | Self::TerminalSettings
            | Self::TerminalPortTaken => &[Self::TerminalNotRunning],
            Self::DataFolderMissing => &[Self::CertificateMissing, Self::TerminalNotRunning],
            Self::KioskSettings => &[Self::KioskNotRunning],
            Self::LinkAppSettings | Self::FolderMissing | Self::FoldersOnOtherDisks => {
                &[Self::LinkAppNotRunning]
            }
            Self::ReaderServiceDown => &[Self::ReaderUnplugged],
            Self::ReaderUnplugged
            | Self::ReaderOfOtherName
            | Self::KeypadUnplugged
            | Self::ReaderServiceLogsPins
            | Self::KioskNotRunning
            | Self::TerminalNotRunning
            | Self::DataFolderReadOnly
            | Self::DiskFull
            | Self::NameUnknown
            | Self::NameServerSilent
            | Self::CenterOutOfReach
            | Self::CenterRefusesConnection
            | Self::CenterSilent
            | Self::CenterNotOurs
            | Self::CenterOfOtherName
            | Self::CenterCertificateExpired
            | Self::CertificateRevoked
            | Self::CertificateNotAccepted
            | Self::CenterTrouble
            | Self::SignInRefused
            | Self::LinkAppNotRunning
            | Self::FolderReadOnly
            | Self::FolderFull
            | Self::ResultsNotTaken => &[],
        }
    }
}
