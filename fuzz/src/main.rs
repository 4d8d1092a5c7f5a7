#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ceptoar_portal::features::mailbox::letter::read(data, b"");
});
