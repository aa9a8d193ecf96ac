extension HarkClient {
  /// Who answers, and what it can do.
  public func hello() async throws(HarkClientError) -> Hello { try await call("hello") }

  /// What the store holds, in numbers.
  public func stats() async throws(HarkClientError) -> Statistics { try await call("stats") }

  /// How the server is.
  public func health() async throws(HarkClientError) -> Health { try await call("healthz") }

  /// Counts and gauges of the server in the format of Prometheus.
  public func metrics() async throws(HarkClientError) -> String {
    struct Metrics: Decodable, Sendable { let text: String }
    let metrics: Metrics = try await call("metrics")
    return metrics.text
  }

  /// Who answers, and what it can do.
  public struct Hello: Sendable, Hashable, Decodable {
    /// The name of the program: `hark`.
    public let server: String
    /// Its version.
    public let version: String
    /// The version of the interface, which grows with what would break a client.
    public let interface: Int
    /// The names of its methods.
    public let methods: [String]
    /// The folder of the store.
    public let store: String
  }

  /// How the server is.
  public struct Health: Sendable, Hashable, Decodable {
    /// `ok`, or `failing` where the store cannot be read.
    public let status: String
    /// The folder of the store.
    public let store: String
    /// The server's version.
    public let version: String
    /// For how many seconds it has run.
    public let uptimeSeconds: Double

    enum CodingKeys: String, CodingKey {
      case status, store, version
      case uptimeSeconds = "uptime_s"
    }
  }
}
