using System.Runtime.InteropServices;

namespace Winnow.Native;

/// <summary><c>winnow_piece</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Piece
{
    public nuint StructSize;
    public nuint TextLength;
    public int Token;
    public float LogProbability;
    public int FinishReason;
    public int LogProbabilities;
}
