using System;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Cli;

/// <summary>The example of README.md, so that it compiles and runs.</summary>
internal static class ReadmeExample
{
    public static async Task RunAsync(string model)
    {
        // README begins
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(model);
        await foreach (GeneratedPiece piece in engine.GenerateAsync("Once upon a time"))
        {
            Console.Write(piece.Text);
        }

        // README ends
    }
}
