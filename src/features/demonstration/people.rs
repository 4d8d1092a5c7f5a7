//! The demonstration's accounts: what each is called and where it belongs.

use std::collections::HashMap;

use anyhow::Context;
use uuid::Uuid;

use super::roster::{Desk, id, member_id, window_id};
use crate::features::access::Role;
use crate::features::accounts::demonstration::{ACCOUNTS, DemonstrationAccount, Place};

/// An account with its one affiliation.
#[derive(Debug)]
pub struct Person {
    /// Account id.
    pub id: Uuid,
    /// Sign-in name.
    pub name: &'static str,
    /// Shown name.
    pub display_name: String,
    /// Role.
    pub role: Role,
    /// Where.
    pub organisation: Uuid,
    /// For which CEPTOAR.
    pub ceptoar: Option<&'static str>,
    /// The window answered for.
    pub window: Option<Uuid>,
}

/// Everybody. `codes` are the ids of real bodies by code; `desks` come with the first secretariat first.
pub fn everybody(codes: &HashMap<String, Uuid>, desks: &[Desk]) -> anyhow::Result<Vec<Person>> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    ACCOUNTS
        .iter()
        .map(|account| {
            let office = office(account.role);
            let number = numbers.entry(office).or_default();
            *number += 1;
            let display_name = format!("{office} {}号", numeral(*number));
            person(account, display_name, codes, desks)
                .with_context(|| format!("the demonstration account {} has no place", account.name))
        })
        .collect()
}

fn person(
    account: &DemonstrationAccount,
    display_name: String,
    codes: &HashMap<String, Uuid>,
    desks: &[Desk],
) -> Option<Person> {
    let (organisation, ceptoar, window) = match account.place {
        Place::Centre => (*codes.get("nisc")?, None, None),
        Place::Ministry(code) => (*codes.get(code)?, None, None),
        Place::Desk(ceptoar) => {
            let desk = desks.iter().find(|d| !d.ministry && d.ceptoar == ceptoar)?;
            (desk.organisation, Some(ceptoar), None)
        }
        Place::Member { ceptoar, member, window } => {
            let organisation = member_id(ceptoar, member.into());
            let window = (window > 0).then(|| window_id(organisation, ceptoar, window.into()));
            (organisation, Some(ceptoar), window)
        }
    };
    let id = id(&format!("account {}", account.name));
    Some(Person { id, name: account.name, display_name, role: account.role, organisation, ceptoar, window })
}

/// An office instead of a person's name: nobody is impersonated.
fn office(role: Role) -> &'static str {
    match role {
        Role::NiscAnalyst => "分析担当",
        Role::NiscApprover => "承認担当",
        Role::MinistryLiaison => "リエゾン",
        Role::Secretariat => "事務局担当",
        Role::Coordinator => "コーディネータ",
        Role::MemberPoc => "窓口担当",
        Role::MemberReader => "閲覧者",
        Role::HubMember => "連絡拠点担当",
        Role::CouncilDelegate => "代表",
        Role::WgChair => "主査",
        Role::CouncilObserver => "オブザーバ",
        Role::Auditor => "監査担当",
        Role::MemberAdmin => "利用者管理担当",
        Role::SystemAdmin => "システム管理者",
    }
}

/// 一, 二, 三 …; figures from ten on.
fn numeral(number: usize) -> String {
    const NUMERALS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
    NUMERALS.get(number.wrapping_sub(1)).map_or_else(|| number.to_string(), |n| (*n).to_owned())
}
