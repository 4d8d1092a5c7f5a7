fn main() -> std::process::ExitCode {
    ceptoar_portal::app::cli::main()
}
