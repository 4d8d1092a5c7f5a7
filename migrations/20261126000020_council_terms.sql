-- Since when a CEPTOAR has belonged to the Council (セプターカウンシル), and as what. From data/reference/council.toml.
create table council_terms (
  ceptoar_id text not null references ceptoars,
  status text not null check (status in ('observer', 'member')),
  valid daterange not null,
  precision date_precision not null,
  constraint council_terms_one_at_a_time exclude using gist (ceptoar_id with =, valid with &&)
);
call protect('council_terms');
create policy signed_in on council_terms for select to portal_app using ((select viewer_account()) is not null);
grant select on council_terms to portal_app;
comment on table council_terms is 'a CEPTOAR''s place in the Council';
