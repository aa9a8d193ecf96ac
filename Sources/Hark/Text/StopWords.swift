/// Words that say nothing of what a question is about, English and Korean.
///
/// They are indexed as others are, and count little in queries: they bring no passage by
/// themselves, and tell apart passages that other words have brought. The lists are short on
/// purpose: a word that can be a subject costs more when it counts little than when it counts.
enum StopWords {
  /// The stems of the stop words, as the analysis makes them.
  static let stems = Set(english.map(PorterStemmer.stem) + korean.map(KoreanStemmer.stem))

  private static let english = [
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by", "can",
    "could", "did", "do", "does", "for", "from", "had", "has", "have", "having", "he", "her", "his",
    "how", "i", "if", "in", "into", "is", "its", "many", "may", "me", "might", "much", "must", "my",
    "of", "on", "or", "our", "shall", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "to", "was", "we", "were",
    "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with",
    "would", "you", "your",
  ]

  /// What questions are asked with, and nouns and verbs that stand for others.
  private static let korean = [
    "이것", "그것", "저것", "이", "그", "저", "여기", "거기", "이런", "그런", "저런", "이렇게", "그렇게", "어떻게", "무엇",
    "무슨", "뭐", "뭔가", "누구", "누가", "언제", "어디", "어느", "어떤", "왜", "얼마", "얼마나", "몇", "며칠", "제", "내",
    "나", "우리", "저희", "수", "것", "거", "때", "등", "중", "후", "뒤", "데", "바", "줄", "때문", "동안", "경우",
    "대로", "만큼", "하는", "하면", "해야", "한", "할", "했는데", "하나", "하나요", "합니까", "합니다", "하려면", "하고", "하지",
    "했더니", "하는지", "되는", "되면", "된", "될", "되나요", "됩니까", "됩니다", "돼요", "있나", "있나요", "있습니까", "있는",
    "있을까요", "있어요", "있습니다", "있고", "있어서", "있으면", "없나요", "없습니까", "없는", "없습니다", "없어요", "없으면", "인가",
    "인가요", "입니까", "인지", "나요", "습니까", "않고", "않은", "않는", "않게", "않습니다", "안", "못", "싶은데", "싶어요",
    "싶습니다", "싶은", "주세요", "주나요", "줘", "주십시오", "주는", "알려", "알려줘", "알려주세요", "가르쳐", "그리고", "그런데",
    "그러나", "하지만", "또는", "및", "또", "더", "가장", "너무", "매우", "아주", "좀", "조금", "모두", "따로", "자꾸",
    "이미", "아직", "정말", "혹시", "대해", "대한", "관한", "관하여", "위해", "위한", "통해", "따라", "좋을까요", "좋은가요",
    "써야", "받아야", "가능한가요", "필요한가요", "궁금합니다",
  ]
}
