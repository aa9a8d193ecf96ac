/// Why a file did not become a document.
package struct DocumentError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure. The raw values are stable: they are stored and shown by `--json`.
  package enum Code: String, Sendable, Hashable, Codable, CaseIterable {
    /// There is no file at the path.
    case fileMissing = "file-missing"
    /// The file is there but may not be read, or reading failed.
    case fileUnreadable = "file-unreadable"
    /// A folder, FIFO, socket or device.
    case notARegularFile = "not-a-regular-file"
    /// More bytes than ``ParserLimits/inputBytes``.
    case fileTooLarge = "file-too-large"
    /// No bytes at all.
    case fileEmpty = "file-empty"
    /// A name that promises no format that Hark reads.
    case unsupportedType = "unsupported-type"
    /// A text file whose content is binary.
    case notText = "not-text"
    /// A PDF that asks for a password.
    case pdfEncrypted = "pdf-encrypted"
    /// A PDF that cannot be opened.
    case pdfDamaged = "pdf-damaged"
    /// A readable file without a word of text, such as a scan.
    case noText = "no-text"
    /// More text than ``ParserLimits/outputBytes``.
    case textTooLarge = "text-too-large"
    /// The parser used up its wall or processor time.
    case parserTimeout = "parser-timeout"
    /// The parser died of a signal.
    case parserCrashed = "parser-crashed"
    /// The parser used up its memory.
    case parserMemory = "parser-memory"
    /// The program `hark-parser` cannot be found or started.
    case parserMissing = "parser-missing"
    /// The parser said something that is not its protocol.
    case parserProtocol = "parser-protocol"
    /// The task that asked for the document was cancelled; spelt as in the codes of the engine.
    case cancelled = "canceled"
  }

  /// The kind of failure.
  package let code: Code
  /// What happened, to which file, and what to do.
  package let message: String
  /// The error behind this one.
  package let cause: (any Error)?

  /// Makes an error of its parts.
  package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message and the code: `… (pdf-encrypted)`.
  package var description: String { "\(message) (\(code.rawValue))" }
}
