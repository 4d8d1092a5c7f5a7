-- Whether an invitation has run out is judged by the clock by which it was issued, the request's: with `now()` a page about
-- another moment contradicted itself. Each function stays as it is otherwise.
do $$
  declare
    judging text;
    source text;
  begin
    foreach judging in array array['people_state', 'people_list'] loop
      select pg_get_functiondef(p.oid) into strict source
        from pg_proc p where p.proname = judging and p.pronamespace = 'public'::regnamespace;
      if position('t.expires_at > now()' in source) = 0 then
        raise exception '% does not judge invitations', judging;
      end if;
      execute replace(source, 't.expires_at > now()', 't.expires_at > public.viewer_now()');
    end loop;
  end $$;
