/// The exit codes of `hark`, the same for every subcommand.
enum ExitStatus: Int32, Sendable, CaseIterable {
  /// All went well.
  case success = 0
  /// The command failed; the error is told.
  case failure = 1
  /// The command line is wrong.
  case usage = 2
  /// The work is done, but some files failed; each is told.
  case partial = 3
  /// Another process is writing to the store.
  case locked = 4
  /// A measure is below the bound that was set for it; all of them are told.
  case belowBound = 5
  /// The work was interrupted or canceled; what was committed is kept.
  case interrupted = 130
}
