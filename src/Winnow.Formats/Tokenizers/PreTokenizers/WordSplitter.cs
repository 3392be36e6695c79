namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Splitters by white space and punctuation (BERT).</summary>
internal static class WordSplitter
{
    /// <summary>Drops white space.</summary>
    public static SplitPreTokenizer WhiteSpace()
    {
        return new SplitPreTokenizer(new RunScanner(UnicodeClass.IsWhiteSpace), SplitBehavior.Removed);
    }

    /// <summary>Drops white space and makes each punctuation mark a word.</summary>
    public static SequencePreTokenizer Bert()
    {
        return new SequencePreTokenizer([
            WhiteSpace(), new SplitPreTokenizer(new RunScanner(IsPunctuation, maximum: 1), SplitBehavior.Isolated)]);
    }

    /// <summary>Punctuation, and the ASCII signs that Unicode calls symbols.</summary>
    public static bool IsPunctuation(int scalar)
    {
        return UnicodeClass.IsPunctuation(scalar) || (scalar < 128 && UnicodeClass.IsSymbol(scalar));
    }
}
