//! All that a template can see: its own text, its values, the fonts.

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::FONTS;
use super::press::Template;

/// One template with the values of one paper.
pub(super) struct Desk {
    library: LazyHash<Library>,
    main: Source,
}

impl Desk {
    pub fn new(template: &Template, inputs: Dict) -> anyhow::Result<Self> {
        let path = VirtualPath::new(template.name).map_err(|_| anyhow::anyhow!("{} is no path", template.name))?;
        let id = RootedPath::new(VirtualRoot::Project, path).intern();
        let library = LazyHash::new(Library::builder().with_inputs(inputs).build());
        Ok(Self { library, main: Source::new(id, template.text.to_owned()) })
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.fonts.get(index).cloned()
    }

    /// Dates are values: a paper says when it was made because it is told so.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
