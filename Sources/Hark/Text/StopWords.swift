/// English words that say nothing of what a question is about.
///
/// They are left out of queries, never of documents. The list is short on purpose: a word that can
/// be a subject (`will`, `may`, `can` as nouns are rare; `us`, `it` as names are not) costs more
/// when it is missing than when it is there.
enum StopWords {
  /// The stems of the stop words, as the analysis makes them.
  static let stems: Set<String> = Set(words.map(PorterStemmer.stem))

  private static let words = [
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by", "can",
    "could", "did", "do", "does", "for", "from", "had", "has", "have", "having", "he", "her", "his",
    "how", "i", "if", "in", "into", "is", "its", "many", "may", "me", "might", "much", "must", "my",
    "of", "on", "or", "our", "shall", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "to", "was", "we", "were",
    "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with",
    "would", "you", "your",
  ]
}
