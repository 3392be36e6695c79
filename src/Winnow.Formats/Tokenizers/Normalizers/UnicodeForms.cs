using System;
using System.Text;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>The Unicode normalization forms, where the runtime can make them.</summary>
internal static class UnicodeForms
{
    /// <summary>Whether the runtime normalizes: with InvariantGlobalization it may silently return the text as it was.</summary>
    public static bool IsAvailable { get; } = Probe();

    public static TextNormalizer Create(NormalizationForm form) => new(text => text.Normalize(form));

    private static bool Probe()
    {
        try
        {
            return "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9" && "\ufb01".Normalize(NormalizationForm.FormKC) == "fi";
        }
        catch (PlatformNotSupportedException)
        {
            return false;
        }
    }
}
