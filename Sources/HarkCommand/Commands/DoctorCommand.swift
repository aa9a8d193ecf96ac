import ArgumentParser
import Hark

/// `hark doctor`: what Hark finds on this machine.
struct DoctorCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check this machine: CPU, BLAS, model, parser, sandbox, store.",
    discussion: """
      A line a finding: 'good', 'warning' (works, but not as well as it could) or 'bad' (does not \
      work), with what to do. Ends with code 1 when something is bad. --quiet leaves out what is \
      good.

      EXAMPLES
        hark doctor
        hark doctor --json | jq '.findings[] | select(.standing != "good")'
      """)

  @OptionGroup var shared: SharedOptions

  func answer(on console: Console) async throws(HarkError) -> Answer {
    let diagnosis = await Engine.diagnose(store: shared.store, model: shared.model)
    let status: ExitStatus = diagnosis.isHealthy ? .success : .failure
    if shared.json { return try Answer(json: diagnosis, status: status) }
    let rendering = DiagnosisRendering(
      diagnosis: diagnosis, screen: console.output, isQuiet: shared.quiet)
    return Answer(rendering.text, status: status)
  }
}
