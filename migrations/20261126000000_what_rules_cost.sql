-- What it costs to ask who keeps a window or a member: several look-ups, about 0.1 ms, and not the 100 operators that
-- PostgreSQL takes for granted. Believing them cheap it asked for every row of a table to find the thousand of a batch,
-- and applying a table of 50,000 rows took minutes.
alter function directory_keeps_ceptoar(text) cost 1000;
alter function directory_keeps_member(uuid) cost 20000;
alter function directory_takes_in(text, uuid) cost 20000;
alter function directory_keeps_windows_of(uuid, text) cost 20000;
alter function directory_keeps_window(uuid) cost 20000;
