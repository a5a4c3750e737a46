Console.WriteLine("grains");
