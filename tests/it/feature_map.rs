//! The feature map: every fact of the reference files is on the pages and in the files, cell by cell,
//! and nothing that is doubtful looks certain.

mod compare;
mod facts;
mod files;
mod of_day;
mod paper;
mod profiles;
mod published;
mod sheet;
