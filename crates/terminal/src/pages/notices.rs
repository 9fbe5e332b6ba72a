//! 「お知らせ」 (G36): what the operator tells the facility, searchable, read without the center and without a sign-in. Shows what is kept
//! on this terminal and says how old it is.

use api::posted_notice::Notice;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::{Banner, Kind, Need, TextField, Tone, WayOn, Width};
use ui::language::Words;

use crate::notices::{self, Unread, is_important};
use crate::pages::{Frame, Staff, Visitor, done, nowhere, show};
use crate::search::Terms;
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/notices";

/// One notice in the list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) posted: String,
    pub(super) important: bool,
    pub(super) unread: bool,
    /// Whether the title is in Japanese on a page of another language.
    pub(super) japanese_only: bool,
}

#[derive(Template)]
#[template(path = "notices.html")]
pub(super) struct NoticesPage {
    pub(super) frame: Frame,
    pub(super) search: TextField,
    /// When the center last said so.
    pub(super) fetched: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct NoticePage {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) posted: String,
    pub(super) until: Option<String>,
    pub(super) important: bool,
    /// Paragraphs, each of its lines.
    pub(super) paragraphs: Vec<Vec<String>>,
    /// Whether the text is in Japanese on a page of another language.
    pub(super) japanese_only: bool,
}

/// What is searched for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    pub(super) q: String,
}

/// The facility whose notices a browser sees, and the account that reads them where somebody is signed in.
struct Reader {
    facility: String,
    account: Option<String>,
    frame: Frame,
}

impl Reader {
    /// Without a sign-in, the facility of the certificate that was chosen, or else of the first.
    fn of(app: &App, visitor: &Visitor, here: &str) -> Option<Self> {
        if let Some(staff) = Staff::of(visitor, app) {
            return Some(Self {
                facility: staff.session.facility.code.clone(),
                account: Some(staff.session.account.id.clone()),
                frame: staff.frame(here),
            });
        }
        let facility = notices::facilities(app).into_iter().next()?;
        Some(Self {
            facility,
            account: None,
            frame: visitor.frame(here),
        })
    }
}

fn title(notice: &Notice, words: &Words) -> String {
    let english = notice.title_en.as_deref().unwrap_or(&notice.title_ja);
    words.choose(notice.title_ja.as_str(), english).to_owned()
}

/// A field to search with, filled with what was searched for.
pub(super) fn search_field(words: &Words, query: &str) -> TextField {
    TextField {
        kind: Kind::Text,
        need: Need::Plain,
        width: Width::Full,
        support: words.say("search-support"),
        value: query.to_owned(),
        ..TextField::new("q", words.say("search-words"))
    }
}

pub(super) fn line(notice: &Notice, unread: bool, words: &Words) -> Line {
    Line {
        href: format!("{HERE}/{}", notice.id),
        title: title(notice, words),
        posted: days::show_instant(&notice.posted_at),
        important: is_important(notice),
        unread,
        japanese_only: words.choose(false, notice.title_en.is_none()),
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(mut reader) = Reader::of(&app, &visitor, HERE) else {
        return nowhere(StatusCode::NOT_FOUND, &visitor);
    };
    let words = reader.frame.words.clone();
    let read = app.notices.of(&reader.facility, app.now().date_in_japan());
    let terms = Terms::parse(&wanted.q);
    let fits = |it: &&Notice| {
        terms.as_ref().is_none_or(|terms| {
            let all = [
                Some(&it.title_ja),
                Some(&it.body_ja),
                it.title_en.as_ref(),
                it.body_en.as_ref(),
            ];
            let text: Vec<&str> = all.into_iter().flatten().map(String::as_str).collect();
            terms.are_in(&text.join("\n"))
        })
    };
    let unread = |it: &Notice| {
        let account = reader.account.as_deref();
        account.is_some_and(|account| !app.notices.has_read(&reader.facility, account, &it.id))
    };
    let lines = read.notices.iter().filter(fits);
    let lines: Vec<Line> = lines.map(|it| line(it, unread(it), &words)).collect();
    let told = visitor
        .key
        .and_then(|key| app.browsers.with(&key, |browser| browser.told.take()));
    reader.frame.banners.extend(told.flatten().map(done));
    let fetched = match read.fetched {
        Some(at) => {
            let at = days::show_instant(&at.to_string());
            words.say_with("notices-fetched", &[("at", at)])
        }
        None => words.say("notices-never-fetched"),
    };
    let page = NoticesPage {
        search: search_field(&words, &wanted.q),
        frame: reader.frame,
        fetched,
        lines,
    };
    show(StatusCode::OK, &page)
}

pub(crate) async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let here = format!("{HERE}/{id}");
    let Some(reader) = Reader::of(&app, &visitor, &here) else {
        return nowhere(StatusCode::NOT_FOUND, &visitor);
    };
    let read = app.notices.of(&reader.facility, app.now().date_in_japan());
    let Some(notice) = read.notices.iter().find(|it| it.id == id) else {
        // Taken back, or over, since the list was shown.
        return Redirect::to(HERE).into_response();
    };
    if let Some(account) = &reader.account {
        app.notices.mark(&reader.facility, account, &id);
    }
    show(StatusCode::OK, &notice_page(reader.frame, notice))
}

pub(super) fn notice_page(frame: Frame, notice: &Notice) -> NoticePage {
    let words = frame.words.clone();
    let english = notice.body_en.as_deref().unwrap_or(&notice.body_ja);
    let body = words.choose(notice.body_ja.as_str(), english);
    let paragraphs = body
        .split("\n\n")
        .map(str::trim)
        .filter(|it| !it.is_empty());
    NoticePage {
        title: title(notice, &words),
        posted: days::show_instant(&notice.posted_at),
        until: notice.until.as_deref().map(|day| days::show(day, &words)),
        important: is_important(notice),
        paragraphs: paragraphs
            .map(|it| it.lines().map(str::to_owned).collect())
            .collect(),
        japanese_only: words.choose(false, notice.body_en.is_none()),
        frame,
    }
}

/// Asks the center now.
pub(crate) async fn refresh(State(app): State<App>, visitor: Visitor) -> Response {
    let Some(mut reader) = Reader::of(&app, &visitor, HERE) else {
        return nowhere(StatusCode::NOT_FOUND, &visitor);
    };
    match notices::ask(&app, &reader.facility).await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(error) => {
            let fault = faults::of_client(&error, &reader.frame.words);
            let mut banner = Banner::new(Tone::Error, fault);
            banner.way_on = Some(WayOn {
                href: HERE.to_owned(),
                text: reader.frame.words.say("notices-show-kept"),
            });
            reader.frame.banners.push(banner);
            let page = NoticesPage {
                search: search_field(&reader.frame.words, ""),
                fetched: String::new(),
                lines: Vec::new(),
                frame: reader.frame,
            };
            show(StatusCode::BAD_GATEWAY, &page)
        }
    }
}

/// What the entry of the main screen says of unread notices.
pub(super) fn note(app: &App, staff: &Staff) -> Option<String> {
    let unread = unread(app, staff);
    let Unread { all, important } = Unread::count(&unread);
    match (all, important) {
        (0, _) => None,
        (_, 0) => Some(staff.words.say_with("notices-unread", &[("count", all)])),
        _ => {
            let counts = [("count", all), ("important", important)];
            Some(staff.words.say_with("notices-unread-important", &counts))
        }
    }
}

/// Important notices that are not read yet, for the main screen.
pub(super) fn important(app: &App, staff: &Staff) -> Vec<Banner> {
    let unread = unread(app, staff);
    let important = unread.iter().filter(|it| is_important(it));
    important
        .map(|it| Banner {
            tone: Tone::Warning,
            code: "important_notice".to_owned(),
            title: staff.words.say("notice-important"),
            text: title(it, &staff.words),
            way_on: Some(WayOn {
                href: format!("{HERE}/{}", it.id),
                text: staff.words.say("notice-read"),
            }),
        })
        .collect()
}

fn unread(app: &App, staff: &Staff) -> Vec<Notice> {
    let (facility, account) = (&staff.session.facility.code, &staff.session.account.id);
    app.notices
        .unread(facility, account, app.now().date_in_japan())
}
