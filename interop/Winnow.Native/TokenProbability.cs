using System.Runtime.InteropServices;

namespace Winnow.Native;

/// <summary><c>winnow_token_probability</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TokenProbability
{
    public int Token;
    public float LogProbability;
}
