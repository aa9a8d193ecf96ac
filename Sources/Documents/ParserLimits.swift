/// What one document may cost.
package struct ParserLimits: Sendable, Hashable {
  /// Seconds of wall time before the parser is killed.
  package var seconds: Int
  /// Seconds of processor time before the kernel stops the parser.
  package var cpuSeconds: Int
  /// Bytes of address space of the parser.
  package var addressSpaceBytes: Int
  /// Bytes that the parser may write, which bounds the text of a document.
  package var outputBytes: Int
  /// Bytes of the largest file that is opened.
  package var inputBytes: Int

  /// Makes limits; each must be positive and is taken as 1 where it is not.
  package init(
    seconds: Int = 30, cpuSeconds: Int = 30, addressSpaceBytes: Int = 2 << 30,
    outputBytes: Int = 256 << 20, inputBytes: Int = 256 << 20
  ) {
    self.seconds = max(1, seconds)
    self.cpuSeconds = max(1, cpuSeconds)
    self.addressSpaceBytes = max(1, addressSpaceBytes)
    self.outputBytes = max(1, outputBytes)
    self.inputBytes = max(1, inputBytes)
  }
}
