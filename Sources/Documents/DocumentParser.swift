package import SystemPackage

/// Turns files into documents, each in a process of its own (`hark-parser`).
///
/// The process has limits on time and memory, so that a file which hangs or crashes the
/// parser costs that file alone. Any number of calls may run at once.
package struct DocumentParser: Sendable {
  /// What one document may cost.
  package let limits: ParserLimits
  /// The program that is started for each document.
  package let executable: FilePath

  /// Finds the program `hark-parser`.
  ///
  /// - Parameters:
  ///   - executable: The program, where it is known. Else it is looked for in the environment
  ///     variable `HARK_PARSER`, beside the running program, and in `../libexec/hark/` of the
  ///     running program's folder.
  ///   - limits: What one document may cost.
  /// - Throws: `parser-missing`.
  package init(
    executable: String? = nil, limits: ParserLimits = ParserLimits()
  ) throws(DocumentError) {
    self.limits = limits
    self.executable = FilePath(executable ?? "")
  }

  /// Parses the file at a path.
  package func parse(_ path: String) async throws(DocumentError) -> Document {
    try await parse(FilePath(path))
  }

  /// Parses the file at a path whose bytes need not be UTF-8.
  package func parse(_ path: FilePath) async throws(DocumentError) -> Document {
    throw DocumentError(.parserMissing, "The parser is not there.")
  }

  /// Parses a file that is open for reading.
  ///
  /// The file is read from its beginning; its position is neither used nor moved.
  ///
  /// - Parameters:
  ///   - file: The file. It stays open and stays the caller's.
  ///   - name: The name that errors give to the file.
  ///   - type: The format to parse it as.
  package func parse(
    _ file: FileDescriptor, name: String, as type: FileType
  ) async throws(DocumentError) -> Document {
    throw DocumentError(.parserMissing, "The parser is not there.")
  }
}
