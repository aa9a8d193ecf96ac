/// What Hark finds on this machine: the answer of `hark doctor`.
public struct Diagnosis: Sendable, Encodable {
  /// How a finding stands.
  public enum Standing: String, Sendable, Encodable {
    /// As it should be.
    case good
    /// Works, but not as well as it could.
    case warning
    /// Something does not work.
    case bad
  }

  /// One thing looked at.
  public struct Finding: Sendable, Encodable {
    /// What was looked at: `cpu`, `kernels`, `blas`, `model`, `parser`, `sandbox`, `store`, …
    public let topic: String
    /// How it stands.
    public let standing: Standing
    /// What was found, and what to do where it is not good.
    public let message: String
  }

  /// The findings in the order in which they were made.
  public let findings: [Finding]
  /// Whether no finding is bad.
  public var isHealthy: Bool { !findings.contains { $0.standing == .bad } }
}
