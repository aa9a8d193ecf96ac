/// What one document may cost.
package struct ParserLimits: Sendable, Hashable {
  /// Seconds of wall time before the parser is killed.
  package let seconds: Int
  /// Seconds of processor time before the kernel stops the parser.
  package let cpuSeconds: Int
  /// Bytes of address space of the parser.
  package let addressSpaceBytes: Int
  /// Bytes that the parser may write, which bounds the text of a document.
  package let outputBytes: Int
  /// Bytes of the largest file that is opened.
  package let inputBytes: Int
  /// The scheduling priority of the parser, 0 (usual) to 19 (lowest); one that is lower already
  /// stays as it is.
  package let nice: Int

  /// The most seconds that the parser takes for a limit, which is more than half a year.
  package static let mostSeconds = (1 << 24) - 1

  /// Makes limits; each is taken as 1 where it is less, and seconds as ``mostSeconds`` where they
  /// are more. The priority is confined to its range.
  package init(
    seconds: Int = 30, cpuSeconds: Int = 30, addressSpaceBytes: Int = 2 << 30,
    outputBytes: Int = 256 << 20, inputBytes: Int = 256 << 20, nice: Int = 0
  ) {
    self.seconds = min(max(1, seconds), Self.mostSeconds)
    self.cpuSeconds = min(max(1, cpuSeconds), Self.mostSeconds)
    self.addressSpaceBytes = max(1, addressSpaceBytes)
    self.outputBytes = max(1, outputBytes)
    self.inputBytes = max(1, inputBytes)
    self.nice = min(max(0, nice), 19)
  }
}
