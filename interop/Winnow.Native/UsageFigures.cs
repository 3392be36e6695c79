using System.Runtime.InteropServices;

namespace Winnow.Native;

/// <summary><c>winnow_usage</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UsageFigures
{
    public nuint StructSize;
    public ulong Seed;
    public int PromptTokens;
    public int CachedTokens;
    public int GeneratedTokens;
    public int Reserved;
    public double TimeToFirstTokenSeconds;
    public double DurationSeconds;
}
