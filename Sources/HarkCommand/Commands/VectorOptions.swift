public import ArgumentParser
import Hark
public import VectorIndex

/// The vectors of an index file and how it is built, for `hark index create` and `hark bench
/// index`.
struct VectorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The vectors of the index: .npy (float32 or float16) or .fvecs.", valueName: "file"),
    completion: .file())
  var base: String

  @Option(help: "How near two vectors are: cosine, ip (inner product) or l2 (Euclidean).")
  var metric = Metric.cosine

  @Option(
    help: """
      The shape of the index: a graph to walk, or cells to sweep; auto chooses by the number of \
      vectors and their dimension.
      """)
  var kind = IndexKind.auto

  @Option(
    help: """
      What is kept of the vectors: fast keeps them whole, compact ten bits of each number.
      """)
  var profile = IndexProfile.fast

  @Option(help: "How many links a vector gets; twice as many at the lowest level.")
  var degree = IndexOptions().degree

  @Option(help: "How many near vectors a new one's links are chosen from.")
  var buildEffort = IndexOptions().constructionEffort

  @Option(help: "The threads that build. (default: all cores)")
  var buildThreads: Int?

  /// The options as the library has them.
  var options: IndexOptions {
    IndexOptions(
      kind: kind, profile: profile, degree: degree, constructionEffort: buildEffort,
      threads: buildThreads)
  }
}

extension Metric: ExpressibleByArgument {}
extension IndexKind: ExpressibleByArgument {}
extension IndexProfile: ExpressibleByArgument {}
