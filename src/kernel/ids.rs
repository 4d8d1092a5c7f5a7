//! Typed ids. A plain [`uuid::Uuid`] says nothing about what it names.

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type,
                 serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new random id. Random, because an id that tells age or order tells too much.
            #[must_use]
            pub fn random() -> Self {
                Self(uuid::Uuid::new_v4())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// Somebody who can sign in (利用者).
    AccountId,
    /// One thing that an account is in an organisation, for a period (担当).
    AffiliationId,
    /// A request that needs a second person.
    GrantRequestId,
    /// An open sign-in of an account.
    SessionId,
    /// An organisation: ministry, association, member.
    OrganisationId,
    /// A point of contact (緊急窓口) of an organisation for one CEPTOAR.
    ContactId,
    /// An advisory (情報提供).
    AdvisoryId,
    /// A rendered mail text.
    MailId,
    /// One copy of a mail to one recipient.
    DeliveryId,
}
