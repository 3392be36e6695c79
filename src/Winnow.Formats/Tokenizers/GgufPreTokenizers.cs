using System.Collections.Generic;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers;

/// <summary>The word cutters that GGUF files name by <c>tokenizer.ggml.pre</c>.</summary>
internal static class GgufPreTokenizers
{
    /// <summary>The cutter of a name, whether whole words skip the merges, and whether a sequence begins with BOS unasked.</summary>
    public readonly record struct Recipe(PreTokenizer PreTokenizer, bool IgnoreMerges = false, bool AddBos = false);

    /// <summary>Finds a recipe; null where the name is not known.</summary>
    public static Recipe? Find(string? pre)
    {
        return pre switch
        {
            null or "" or "default" or "gpt-2" or "phi-2" or "jina-es" or "jina-de" or "jina-v2-es" or "jina-v2-de"
                or "gigachat" or "a.x-4.0" or "mellum" or "modern-bert" or "mpt" or "olmo" or "jais" or "trillion"
                or "granite-docling" or "exaone4" => Stages(new Gpt2Scanner()),
            "llama-bpe" or "llama3" or "llama-v3" or "falcon3" or "falcon-h1" or "pixtral" or "midm-2.0" or "lfm2"
                => Stages(new WordScanner(3)) with { IgnoreMerges = true, AddBos = true },
            "dbrx" or "smaug-bpe" or "glm4" or "chatglm-bpe" => Stages(new WordScanner(3)),
            "qwen2" or "deepseek-r1-qwen" or "kormo" or "megrez" or "stablelm2" or "hunyuan" or "solar-open" or "grok-2"
                or "bailingmoe" or "bailingmoe2" or "llada-moe" => Stages(new WordScanner(1)),
            "qwen35" => Stages(new WordScanner(1, marks: true)),
            "tekken" => Stages(new CaseScanner(1, contractions: false)) with { IgnoreMerges = true, AddBos = true },
            "gpt-4o" or "llama4" or "kanana2" or "minimax-m2" => Stages(new CaseScanner(3, contractions: true)),
            "starcoder" or "refact" or "command-r" or "smollm" or "codeshell" or "exaone" or "minerva-7b"
                => Stages(new RunScanner(UnicodeClass.IsNumber, maximum: 1), new Gpt2Scanner()),
            "falcon" => Stages(
                new RunScanner(IsFalconPunctuation),
                new Gpt2Scanner(),
                new RunScanner(IsAsciiDigit, 3, 3)),
            "deepseek-v3" or "hunyuan-dense" => Stages(
                new RunScanner(UnicodeClass.IsNumber, maximum: 3), new RunScanner(IsHanOrKana), new DeepSeekScanner()),
            "deepseek-coder" => Stages(
                new RunScanner(IsBreak, maximum: 1),
                new RunScanner(UnicodeClass.IsLetter, mayLead: UnicodeClass.IsWhiteSpace),
                new RunScanner(UnicodeClass.IsPunctuation, mayLead: UnicodeClass.IsWhiteSpace),
                new RunScanner(IsHanOrHangul),
                new RunScanner(UnicodeClass.IsNumber, maximum: 1)),
            _ => null,
        };
    }

    private static Recipe Stages(params Scanner[] scanners)
    {
        var stages = new List<PreTokenizer>();
        foreach (Scanner scanner in scanners)
        {
            stages.Add(new SplitPreTokenizer(scanner, SplitBehavior.Isolated));
        }

        stages.Add(new ByteLevelPreTokenizer(addPrefixSpace: false, words: null));
        return new Recipe(new SequencePreTokenizer(stages));
    }

    private static bool IsBreak(int scalar) => scalar is '\r' or '\n';

    private static bool IsAsciiDigit(int scalar) => scalar is >= '0' and <= '9';

    private static bool IsHanOrKana(int scalar) => scalar is (>= 0x4E00 and <= 0x9FA5) or (>= 0x3040 and <= 0x30FF);

    private static bool IsHanOrHangul(int scalar)
    {
        return scalar is (>= 0x4E00 and <= 0x9FA5) or (>= 0x0800 and <= 0x4E00) or (>= 0xAC00 and <= 0xD7FF);
    }

    private static bool IsFalconPunctuation(int scalar)
    {
        return UnicodeClass.IsPunctuation(scalar) || scalar is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|' or '`';
    }
}
