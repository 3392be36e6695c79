// Generates from a model, streams, cancels, and keeps a part of the KV cache. usage: dotnet run generate.cs -- LIBRARY MODEL [PROMPT]
#:property PublishAot=false
#:property AllowUnsafeBlocks=true
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Tasks;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: dotnet run generate.cs -- LIBRARY MODEL [PROMPT]");
    return 2;
}

NativeLibrary.SetDllImportResolver(typeof(Winnow).Assembly, (_, _, _) => NativeLibrary.Load(args[0]));
string prompt = args.Length > 2 ? args[2] : "Once upon a time";
Winnow.Check(Winnow.EngineLoad(args[1], Winnow.ZeroTerminated, """{"more_kv_policies": [{"name": "h2o", "budget": 32}]}""", Winnow.ZeroTerminated, 0, 0, 0, out ulong engine));

Console.Write(prompt);
foreach (string text in Winnow.Pieces(Start("""{"seed": 1, "max_tokens": 48}""")))
{
    Console.Write(text);
}

Console.WriteLine();
ulong endless = Start("""{"ignore_end_of_text": true}""");
Task cancelling = Task.Run(() => Winnow.Check(Winnow.GenerationCancel(endless)));
try
{
    foreach (string text in Winnow.Pieces(endless))
    {
    }
}
catch (WinnowFailure failure) when (failure.Status == Winnow.Cancelled)
{
    Console.WriteLine("[cancelled]");
}

await cancelling;

// A session whose cache keeps 32 slots of each head, however long its text gets.
Winnow.Check(Winnow.SessionCreateWith(engine, """{"kv_policy": {"name": "h2o", "budget": 32}}""", Winnow.ZeroTerminated, out ulong session));
Winnow.Check(Winnow.SessionAppendText(session, prompt, Winnow.ZeroTerminated, 0));
Winnow.Check(Winnow.SessionGenerate(session, """{"seed": 1, "max_tokens": 120, "ignore_end_of_text": true}""", Winnow.ZeroTerminated, out ulong tale));
foreach (string text in Winnow.Pieces(tale))
{
}

KvUsage held = new() { StructSize = (nuint)Marshal.SizeOf<KvUsage>() };
Winnow.Check(Winnow.SessionUsage(session, ref held));
Console.WriteLine($"[h2o kept {100 * held.Kept:f0} % of {held.Tokens} tokens: {held.Bytes} of {held.FullBytes} bytes]");
Winnow.Check(Winnow.SessionFree(session));
Winnow.Check(Winnow.EngineFree(engine));
return 0;

ulong Start(string options)
{
    Winnow.Check(Winnow.Generate(engine, prompt, Winnow.ZeroTerminated, options, Winnow.ZeroTerminated, out ulong generation));
    return generation;
}

internal record struct Piece(nuint StructSize, nuint TextLength, int Token, float LogProbability, int FinishReason, int LogProbabilities);

internal record struct KvUsage(nuint StructSize, long Bytes, long FullBytes, double Kept, int Tokens, int Layers);

internal sealed class WinnowFailure(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

internal static partial class Winnow
{
    public const int End = 1, Cancelled = 9;
    public static readonly nuint ZeroTerminated = nuint.MaxValue;

    public static void Check(int status)
    {
        if (status != 0)
        {
            byte[] message = new byte[4096];
            LastError(message, 4096, out nuint length);
            throw new WinnowFailure(status, Encoding.UTF8.GetString(message, 0, (int)length));
        }
    }

    public static IEnumerable<string> Pieces(ulong generation)
    {
        byte[] text = new byte[4096];
        Piece piece = new() { StructSize = (nuint)Marshal.SizeOf<Piece>() };
        int status;
        try
        {
            while ((status = GenerationNext(generation, ref piece, text, 4096)) == 0)
            {
                yield return Encoding.UTF8.GetString(text, 0, (int)piece.TextLength);
            }

            Check(status == End ? 0 : status);
        }
        finally
        {
            _ = GenerationFree(generation);
        }
    }

    [LibraryImport("winnow", EntryPoint = "winnow_last_error")] public static partial int LastError([Out] byte[] buffer, nuint size, out nuint length);
    [LibraryImport("winnow", EntryPoint = "winnow_engine_load", StringMarshalling = StringMarshalling.Utf8)] public static partial int EngineLoad(string path, nuint pathLength, string options, nuint optionsLength, nint progress, nint user, ulong cancel, out ulong engine);
    [LibraryImport("winnow", EntryPoint = "winnow_engine_free")] public static partial int EngineFree(ulong engine);
    [LibraryImport("winnow", EntryPoint = "winnow_generate", StringMarshalling = StringMarshalling.Utf8)] public static partial int Generate(ulong engine, string prompt, nuint promptLength, string options, nuint optionsLength, out ulong generation);
    [LibraryImport("winnow", EntryPoint = "winnow_generation_next")] public static partial int GenerationNext(ulong generation, ref Piece piece, [Out] byte[] text, nuint size);
    [LibraryImport("winnow", EntryPoint = "winnow_generation_cancel")] public static partial int GenerationCancel(ulong generation);
    [LibraryImport("winnow", EntryPoint = "winnow_generation_free")] public static partial int GenerationFree(ulong generation);
    [LibraryImport("winnow", EntryPoint = "winnow_session_create_with", StringMarshalling = StringMarshalling.Utf8)] public static partial int SessionCreateWith(ulong engine, string options, nuint optionsLength, out ulong session);
    [LibraryImport("winnow", EntryPoint = "winnow_session_append_text", StringMarshalling = StringMarshalling.Utf8)] public static partial int SessionAppendText(ulong session, string text, nuint textLength, ulong cancel);
    [LibraryImport("winnow", EntryPoint = "winnow_session_generate", StringMarshalling = StringMarshalling.Utf8)] public static partial int SessionGenerate(ulong session, string options, nuint optionsLength, out ulong generation);
    [LibraryImport("winnow", EntryPoint = "winnow_session_usage")] public static partial int SessionUsage(ulong session, ref KvUsage usage);
    [LibraryImport("winnow", EntryPoint = "winnow_session_free")] public static partial int SessionFree(ulong session);
}
