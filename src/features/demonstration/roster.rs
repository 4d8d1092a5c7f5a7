//! Invented members, their windows and the windows of the real desks and ministries. Everything
//! follows from the place in the order: the same roster comes out each time.

use chrono::{Days, NaiveDate};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::names::{InventedName, invent};

/// How many members a CEPTOAR has in one unit.
#[derive(Debug)]
pub struct Count {
    /// Which CEPTOAR.
    pub ceptoar: String,
    /// 社, 団体, …
    pub unit: String,
    /// How many.
    pub value: i32,
    /// First day on which the count is known to hold.
    pub since: NaiveDate,
}

/// A real body on the road of a CEPTOAR that gets invented windows.
#[derive(Debug)]
pub struct Desk {
    /// Which body.
    pub organisation: Uuid,
    /// Its stable handle.
    pub code: String,
    /// For which CEPTOAR.
    pub ceptoar: String,
    /// Whether it is the ministry, and not the secretariat.
    pub ministry: bool,
    /// First day.
    pub since: NaiveDate,
}

/// An invented member.
#[derive(Debug)]
pub struct Member {
    /// Id.
    pub id: Uuid,
    /// Stable handle.
    pub code: String,
    /// Name.
    pub name: InventedName,
    /// Its CEPTOAR.
    pub ceptoar: String,
    /// The unit it is counted in.
    pub unit: String,
    /// Passes items on.
    pub hub: bool,
    /// Which sub-group of its CEPTOAR, if there are any.
    pub subgroup: Option<String>,
    /// First day.
    pub since: NaiveDate,
}

/// An invented window.
#[derive(Debug)]
pub struct Window {
    /// Id.
    pub id: Uuid,
    /// Whose.
    pub organisation: Uuid,
    /// For which CEPTOAR.
    pub ceptoar: String,
    /// 1 = primary.
    pub position: i16,
    /// What it is called.
    pub label: &'static str,
    /// May receive items limited to designated handlers.
    pub handler: bool,
    /// `ja` or `en`.
    pub language: &'static str,
    /// First day.
    pub since: NaiveDate,
}

/// A way to reach a window.
#[derive(Debug)]
pub struct Channel {
    /// Which window.
    pub window: Uuid,
    /// Order.
    pub position: i16,
    /// `mail`, `phone`, …
    pub kind: &'static str,
    /// Address or number.
    pub value: String,
    /// `always`, `business` or `off_hours`.
    pub hours: &'static str,
    /// When somebody last made sure that it works.
    pub verified: Option<NaiveDate>,
}

/// The whole roster.
#[derive(Debug, Default)]
pub struct Roster {
    /// Members in the order of their CEPTOARs.
    pub members: Vec<Member>,
    /// Windows.
    pub windows: Vec<Window>,
    /// Channels.
    pub channels: Vec<Channel>,
}

/// The id of the n-th member of a CEPTOAR (1 = first).
pub fn member_id(ceptoar: &str, n: usize) -> Uuid {
    id(&format!("member {ceptoar} {n}"))
}

/// The id of the w-th window of a member (1 = primary).
pub fn window_id(organisation: Uuid, ceptoar: &str, w: i16) -> Uuid {
    id(&format!("window {organisation} {ceptoar} {w}"))
}

/// The same id for the same thing, in every demonstration.
pub fn id(of: &str) -> Uuid {
    let digest = Sha256::digest(format!("ceptoar-portal demonstration {of}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Builds the roster for `counts` (grouped by CEPTOAR) and `desks`; `subgroups` are CEPTOAR and id.
pub fn build(counts: &[Count], desks: &[Desk], subgroups: &[(String, String)]) -> Roster {
    let mut roster = Roster::default();
    let mut n = 0;
    let mut salt = 0;
    let mut last = "";
    for count in counts {
        if count.ceptoar != last {
            (n, last) = (0, &count.ceptoar);
            salt += 1;
        }
        let groups: Vec<_> = subgroups.iter().filter(|(of, _)| *of == count.ceptoar).map(|(_, id)| id).collect();
        for _ in 0..count.value {
            n += 1;
            let member = Member {
                id: member_id(&count.ceptoar, n),
                code: format!("demo-{}-{n:04}", count.ceptoar),
                name: invent(&count.ceptoar, &count.unit, n, salt),
                ceptoar: count.ceptoar.clone(),
                unit: count.unit.clone(),
                hub: count.unit == "水道事業者",
                subgroup: (!groups.is_empty()).then(|| groups[(n - 1) % groups.len()].clone()),
                since: count.since,
            };
            roster.equip(&member, n);
            roster.members.push(member);
        }
    }
    for desk in desks {
        roster.open(desk);
    }
    roster
}

impl Roster {
    /// Two or three windows for the n-th member of its CEPTOAR, with everything that happens in real
    /// rosters: no window at all, no mail, not a handler, another language, one address in two windows.
    fn equip(&mut self, member: &Member, n: usize) {
        // Now and then a member has moved and left nobody at the window.
        if n % 499 == 498 {
            return;
        }
        let domain = format!("m{n:05}.{}.example", member.ceptoar);
        for position in 1..=(if n.is_multiple_of(3) { 3 } else { 2 }) {
            let serial = self.windows.len();
            let deputy = position > 1;
            // The first members are those whom people sign in as: their first windows are whole.
            let reached_by_mail = serial % 40 != 20 || (n <= 2 && !deputy);
            let english = deputy && serial % 12 == 5;
            let window = Window {
                id: window_id(member.id, &member.ceptoar, position),
                organisation: member.id,
                ceptoar: member.ceptoar.clone(),
                position,
                label: match (english, position) {
                    (true, _) => "Security desk",
                    (false, 1) => "セキュリティ窓口",
                    (false, 2) => "代理窓口",
                    (false, _) => "夜間・休日窓口",
                },
                handler: !deputy || serial % 7 > 1,
                language: if english { "en" } else { "ja" },
                since: member.since,
            };
            let mut channels = Channels::of(&window, serial);
            if reached_by_mail {
                let shared = n % 30 == 11 && position == 2;
                let desk = if position == 1 || shared { "soc" } else { "deputy" };
                match (position, n % 4) {
                    (1, 0) => {
                        channels.add("mail", format!("office@{domain}"), "business");
                        channels.add("mail", format!("night@{domain}"), "off_hours");
                    }
                    (3, _) => channels.add("mail", format!("night-duty@{domain}"), "always"),
                    (_, _) => channels.add("mail", format!("{desk}@{domain}"), "always"),
                }
            }
            channels.add_numbers(deputy);
            self.channels.append(&mut channels.list);
            self.windows.push(window);
        }
    }

    /// Two windows for a real body.
    fn open(&mut self, desk: &Desk) {
        let (labels, domain) = if desk.ministry {
            (["リエゾン窓口", "夜間・休日窓口"], format!("{}.ministry.example", desk.code))
        } else {
            (["事務局 窓口", "事務局 夜間・休日窓口"], format!("{}.{}.secretariat.example", desk.code, desk.ceptoar))
        };
        for (position, label, name) in [(1, labels[0], "desk"), (2, labels[1], "night-desk")] {
            let serial = self.windows.len();
            let window = Window {
                id: window_id(desk.organisation, &desk.ceptoar, position),
                organisation: desk.organisation,
                ceptoar: desk.ceptoar.clone(),
                position,
                label,
                handler: true,
                language: "ja",
                since: desk.since,
            };
            let mut channels = Channels::of(&window, serial);
            channels.add("mail", format!("{name}@{domain}"), "always");
            channels.add_numbers(position > 1);
            self.channels.append(&mut channels.list);
            self.windows.push(window);
        }
    }
}

/// The channels of one window, being put together.
struct Channels {
    window: Uuid,
    serial: usize,
    verified: Option<NaiveDate>,
    list: Vec<Channel>,
}

impl Channels {
    /// Most windows were looked at in April, when people change places; some a year ago, some never.
    fn of(window: &Window, serial: usize) -> Self {
        let april = NaiveDate::from_ymd_opt(if serial % 10 == 3 { 2025 } else { 2026 }, 4, 1);
        let verified = april.and_then(|day| day.checked_add_days(Days::new((serial % 30) as u64)));
        Self { window: window.id, serial, verified: verified.filter(|_| serial % 17 != 8), list: Vec::new() }
    }

    fn add(&mut self, kind: &'static str, value: String, hours: &'static str) {
        let position = i16::try_from(self.list.len() + 1).unwrap_or(i16::MAX);
        self.list.push(Channel { window: self.window, position, kind, value, hours, verified: self.verified });
    }

    /// Numbers of exchanges that no carrier has been given: nobody answers there.
    fn add_numbers(&mut self, deputy: bool) {
        let last = self.serial % 10_000;
        let line = if deputy { "050" } else { "03" };
        self.add("phone", format!("{line}-0000-{last:04}"), "business");
        if !self.serial.is_multiple_of(5) {
            self.add("mobile", format!("090-0000-{last:04}"), if deputy { "off_hours" } else { "always" });
        }
        if self.serial % 25 == 4 {
            self.add("satellite", format!("080-0000-{last:04}"), "off_hours");
        }
        if self.serial % 9 == 2 {
            self.add("fax", format!("03-0000-{last:04}"), "business");
        }
    }
}
