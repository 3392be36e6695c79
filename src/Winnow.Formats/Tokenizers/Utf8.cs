namespace Winnow.Formats.Tokenizers;

/// <summary>Small facts about UTF-8.</summary>
internal static class Utf8
{
    /// <summary>How many bytes the scalar has that starts with <paramref name="lead"/>; 1 for a byte that starts none.</summary>
    public static int ScalarLength(byte lead) => lead switch
    {
        >= 0xF0 and <= 0xF4 => 4,
        >= 0xE0 and < 0xF0 => 3,
        >= 0xC2 and < 0xE0 => 2,
        _ => 1,
    };
}
